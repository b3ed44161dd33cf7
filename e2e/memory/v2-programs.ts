import fc from "fast-check";

/** One request to the v2 API; or, with `wait`, a watch that stays open to the end of its program. */
export interface V2Step {
  readonly method: string;
  readonly path: string;
  /** Query, or the form that is the body. Indexes are counted back from the newest one at the time it is sent. */
  fields(index: number): Readonly<Record<string, string>>;
  readonly inBody: boolean;
  readonly wait: boolean;
}

const names = [
  "",
  "a",
  "b",
  "a/b",
  "a/c",
  "a/b/d",
  "_h",
  "_h/x",
  "a/_h/x",
  "ab",
  "é",
  "b c",
  "<&>",
  "1",
  "a/",
] as const;
const key = fc.constantFrom(...names).map((name) => `/v2/keys/${name.split("/").map(encodeURIComponent).join("/")}`);
const flag = (name: string, ...weights: readonly (string | undefined)[]): fc.Arbitrary<Record<string, string>> =>
  fc.constantFrom(...weights).map((value) => (value === undefined ? {} : { [name]: value }));
const none = undefined;
const value = flag("value", none, "", "1", "2", "<é&>");
const dir = flag("dir", none, none, none, "true", "false", "x");
const recursive = flag("recursive", none, none, "true", "1", "T", "yes");
const sorted = flag("sorted", none, "true", "false");
const quorum = flag("quorum", none, none, "true", "");
const ttl = flag("ttl", none, none, none, "1000", "", "-1", "7000000000");
const prevExist = flag("prevExist", none, none, none, "true", "false", "no");
const prevValue = flag("prevValue", none, none, none, "1", "2", "");
const refresh = flag("refresh", none, none, none, none, "true", "maybe");
const bare = flag("noValueOnSuccess", none, none, none, "true");

type Fields = (index: number) => Record<string, string>;

const index = (name: string, weightOfNone: number): fc.Arbitrary<Fields> =>
  fc.oneof(
    { weight: weightOfNone, arbitrary: fc.constant((): Record<string, string> => ({})) },
    {
      weight: 4,
      arbitrary: fc.integer({ min: -3, max: 12 }).map((back) => (now: number) => ({ [name]: String(now - back) })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom("0", "x", "-1", "18446744073709551616").map((text) => () => ({ [name]: text })),
    },
  );

function all(...parts: readonly fc.Arbitrary<Record<string, string> | Fields>[]): fc.Arbitrary<Fields> {
  return fc.tuple(...parts).map((each) => (now) => {
    return Object.assign({}, ...each.map((part) => (typeof part === "function" ? part(now) : part))) as Record<
      string,
      string
    >;
  });
}

function step(method: string, fields: fc.Arbitrary<Fields>, wait = false): fc.Arbitrary<V2Step> {
  const inBody = method === "PUT" || method === "POST" ? fc.boolean() : fc.constant(false);
  return fc.record({ method: fc.constant(method), path: key, fields, inBody, wait: fc.constant(wait) });
}

const waiting = fc.constant({ wait: "true" });

/** Up to 14 requests; what they leave behind is there for the next program. */
export const v2Program: fc.Arbitrary<V2Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: step("PUT", all(value, dir, ttl, prevExist, prevValue, index("prevIndex", 12), refresh, bare)),
    },
    { weight: 6, arbitrary: step("PUT", all(flag("value", "1", "2"))) },
    { weight: 2, arbitrary: step("PUT", all(fc.constant({ ttl: "1000", refresh: "true" }), prevExist)) },
    { weight: 2, arbitrary: step("POST", all(value, dir, ttl, bare)) },
    { weight: 3, arbitrary: step("DELETE", all(dir, recursive, prevValue, index("prevIndex", 12))) },
    { weight: 2, arbitrary: step("DELETE", all(fc.constant({ recursive: "true" }))) },
    { weight: 5, arbitrary: step("GET", all(recursive, sorted, quorum)) },
    { weight: 1, arbitrary: step("HEAD", all(recursive)) },
    { weight: 1, arbitrary: step("PATCH", all(value)) },
    {
      weight: 3,
      arbitrary: step(
        "GET",
        all(waiting, flag("recursive", none, "true"), index("waitIndex", 8), flag("stream", none, none, "true")),
        true,
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom("members", "stats/leader", "auth/enable", "machines", "nothing", "stats/self/x")
        .map((path) => ({
          method: "GET",
          path: `/v2/${path}`,
          fields: () => ({}),
          inBody: false,
          wait: false,
        })),
    },
  ),
  { minLength: 1, maxLength: 14 },
);

/** One request about users and roles. */
export interface AuthStep {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** Of whom: "name:password". */
  readonly as: string | undefined;
}

const user = fc.constantFrom("root", "u", "w");
const role = fc.constantFrom("root", "guest", "r", "s");
const pattern = fc.constantFrom("/*", "/a", "/a*", "/b");
const few = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.uniqueArray(each, { maxLength: 2 });
const permissions = fc.record({ kv: fc.record({ read: few(pattern), write: few(pattern) }, { requiredKeys: [] }) });
const who = fc.constantFrom(undefined, undefined, "root:p", "root:p", "u:p", "w:q", "u:wrong", "nobody:p");
const userBody = fc.record(
  { password: fc.constantFrom("p", "q", ""), roles: few(role), grant: few(role), revoke: few(role) },
  { requiredKeys: [] },
);
const roleBody = fc.record({ permissions, grant: permissions, revoke: permissions }, { requiredKeys: [] });

const about = (
  kind: "users" | "roles",
  name: fc.Arbitrary<string>,
  body: fc.Arbitrary<object>,
): fc.Arbitrary<AuthStep> =>
  fc
    .record({ method: fc.constantFrom("PUT", "PUT", "PUT", "GET", "DELETE", "POST"), name, body, as: who })
    .map(({ method, name: each, body: rest, as }) => {
      const text = method === "PUT" ? JSON.stringify({ [kind.slice(0, -1)]: each, ...rest }) : "";
      return { method, path: `/v2/auth/${kind}/${each}`, body: text, as };
    });

const plain = (paths: readonly string[], ...methods: readonly string[]): fc.Arbitrary<AuthStep> =>
  fc.record({ method: fc.constantFrom(...methods), path: fc.constantFrom(...paths), body: fc.constant(""), as: who });

/** Begins with the same root user, who may turn authentication on. */
export const v2AuthProgram: fc.Arbitrary<AuthStep[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: about("users", user, userBody) },
    { weight: 4, arbitrary: about("roles", role, roleBody) },
    { weight: 2, arbitrary: plain(["/v2/auth/enable"], "PUT", "PUT", "GET", "DELETE") },
    {
      weight: 2,
      arbitrary: plain(["/v2/auth/users", "/v2/auth/roles", "/v2/auth/users/", "/v2/auth/roles/r/x"], "GET", "PUT"),
    },
    {
      weight: 4,
      arbitrary: plain(
        ["/v2/keys/a?recursive=true", "/v2/keys/a", "/v2/keys/b", "/v2/keys/a/b", "/v2/keys"],
        "GET",
        "PUT",
        "DELETE",
      ),
    },
    { weight: 1, arbitrary: plain(["/v2/members", "/v2/members/abc"], "GET", "DELETE") },
  ),
  { minLength: 5, maxLength: 15 },
);
