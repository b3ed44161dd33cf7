import fc from "fast-check";
import type { Step } from "./side-by-side.ts";

const base64 = (text: string): string => btoa(text);
const user = fc.constantFrom("root", "u1", "u1", "u2", "");
const role = fc.constantFrom("root", "r1", "r1", "r2", "");
const password = fc.constantFrom("p1", "p1", "p2", "");
const key = fc.constantFrom("a", "a", "ab", "b", "c").map(base64);
const end = fc.constantFrom(undefined, undefined, base64("b"), base64("c"), base64("\0"));
const flag = fc.constantFrom(undefined, undefined, true);
const lease = fc.constantFrom(undefined, undefined, undefined, "201", "202");
/** Most often somebody who may do much, or just what its roles say. */
const caller = fc.constantFrom("root", "root", "u1", "u1", "u2", undefined, "no.such", "no.1");

type Message = fc.Arbitrary<Record<string, unknown>>;

const at = (path: string, message: Message): fc.Arbitrary<Step> =>
  fc.record({ body: message, as: caller }).map(({ body, as }) => ({
    path: `/v3/${path}`,
    body: () => body,
    ...(as === undefined ? {} : { as }),
  }));

const nothing: Message = fc.constant({});
const put: Message = fc.record({ key, value: fc.constant(base64("v")), lease, prev_kv: flag });
const range: Message = fc.record({ key, range_end: end, limit: fc.constant("3") });
const deleteRange: Message = fc.record({ key, range_end: end, prev_kv: flag });
const op: Message = fc.oneof(
  put.map((each) => ({ request_put: each })),
  range.map((each) => ({ request_range: each })),
  // Of one key: see the transactions of the other programs.
  deleteRange.map(({ range_end: _, ...each }) => ({ request_delete_range: each })),
);
const txn: Message = fc.record({
  compare: fc.array(fc.record({ key, range_end: end, target: fc.constant("VERSION") }), { maxLength: 1 }),
  // Of one level: in nested ones the real servers check no rights at all, and memory does.
  success: fc.array(op, { maxLength: 2 }),
  failure: fc.array(op, { maxLength: 2 }),
});
/** One without a range makes 3.4 panic. */
const perm = fc.record({ permType: fc.constantFrom("READ", "WRITE", "READWRITE"), key, range_end: end });
const options = fc.constantFrom(undefined, undefined, undefined, undefined, { no_password: true });
/** A root that cannot sign in would end all that there is to see. */
const newUser: Message = fc
  .record({ name: user, password, options })
  .map((each) => (each.name === "root" ? { name: "root", password: "p2" } : each));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: at("auth/authenticate", fc.record({ name: user, password })) },
  { weight: 2, arbitrary: at("auth/enable", nothing) },
  { weight: 1, arbitrary: at("auth/disable", nothing) },
  { weight: 1, arbitrary: at("auth/status", nothing) },
  { weight: 4, arbitrary: at("auth/user/add", newUser) },
  { weight: 2, arbitrary: at("auth/user/get", fc.record({ name: user })) },
  { weight: 1, arbitrary: at("auth/user/list", nothing) },
  { weight: 1, arbitrary: at("auth/user/delete", fc.record({ name: user })) },
  { weight: 1, arbitrary: at("auth/user/changepw", fc.record({ name: fc.constantFrom("u1", "u2", ""), password })) },
  { weight: 4, arbitrary: at("auth/user/grant", fc.record({ user, role })) },
  { weight: 1, arbitrary: at("auth/user/revoke", fc.record({ name: user, role })) },
  { weight: 3, arbitrary: at("auth/role/add", fc.record({ name: role })) },
  { weight: 2, arbitrary: at("auth/role/get", fc.record({ role })) },
  { weight: 1, arbitrary: at("auth/role/list", nothing) },
  { weight: 1, arbitrary: at("auth/role/delete", fc.record({ role })) },
  { weight: 5, arbitrary: at("auth/role/grant", fc.record({ name: role, perm })) },
  { weight: 2, arbitrary: at("auth/role/revoke", fc.record({ role, key, range_end: end })) },
  { weight: 6, arbitrary: at("kv/put", put) },
  { weight: 6, arbitrary: at("kv/range", range) },
  { weight: 3, arbitrary: at("kv/deleterange", deleteRange) },
  { weight: 6, arbitrary: at("kv/txn", txn) },
  { weight: 1, arbitrary: at("kv/compaction", fc.constant({ revision: "999999" })) },
  {
    weight: 3,
    arbitrary: at("lease/grant", fc.record({ ID: fc.constantFrom("201", "202"), TTL: fc.constant("3000") })),
  },
  { weight: 2, arbitrary: at("lease/revoke", fc.record({ ID: fc.constantFrom("201", "202") })) },
  { weight: 2, arbitrary: at("lease/timetolive", fc.record({ ID: fc.constantFrom("201", "202"), keys: flag })) },
  { weight: 1, arbitrary: at("lease/leases", nothing) },
  { weight: 1, arbitrary: at("lease/keepalive", fc.record({ ID: fc.constantFrom("201", "999") })) },
  { weight: 1, arbitrary: at("cluster/member/list", nothing) },
  { weight: 1, arbitrary: at("cluster/member/remove", fc.constant({ ID: "12345" })) },
  { weight: 1, arbitrary: at("maintenance/alarm", nothing) },
  { weight: 1, arbitrary: at("maintenance/status", nothing) },
  { weight: 1, arbitrary: at("maintenance/defragment", nothing) },
  { weight: 1, arbitrary: at("maintenance/hash", nothing) },
  { weight: 1, arbitrary: at("maintenance/transfer-leadership", fc.constant({ targetID: "12345" })) },
  { weight: 1, arbitrary: at("maintenance/downgrade", fc.constant({ version: "3.9.0" })) },
  { weight: 1, arbitrary: at("maintenance/hashkv", fc.constant({})) },
  { weight: 1, arbitrary: at("lock/unlock", fc.record({ key })) },
  { weight: 1, arbitrary: at("lock/lock", fc.record({ name: key, lease: fc.constantFrom("201", "999") })) },
  { weight: 1, arbitrary: at("election/leader", fc.record({ name: key })) },
);

const say = (path: string, body: unknown, as?: string): Step => ({
  path: `/v3/${path}`,
  body: () => body,
  ...(as === undefined ? {} : { as }),
});

/** Root, a user with a role, and authentication on. */
const beginning: readonly Step[] = [
  say("auth/user/add", { name: "root", password: "p1" }),
  say("auth/role/add", { name: "root" }),
  say("auth/user/grant", { user: "root", role: "root" }),
  say("auth/user/add", { name: "u1", password: "p1" }),
  say("auth/role/add", { name: "r1" }),
  say("auth/role/grant", { name: "r1", perm: { permType: "READWRITE", key: base64("a"), range_end: base64("b") } }),
  say("auth/user/grant", { user: "u1", role: "r1" }),
  say("auth/enable", {}),
  say("auth/authenticate", { name: "root", password: "p1" }),
  say("auth/authenticate", { name: "u1", password: "p1" }),
];

/**
 * Nobody is left, and no role: with a dozen permissions, of which many may begin with the same key, the order in which
 * etcd has them hangs on how the Go that it was built with sorts what is equal.
 */
const leaving: readonly Step[] = [
  ...["p1", "p2"].map((each) => say("auth/authenticate", { name: "root", password: each })),
  say("auth/disable", {}, "root"),
  ...["root", "u1", "u2"].map((name) => say("auth/user/delete", { name })),
  ...["root", "r1", "r2"].map((each) => say("auth/role/delete", { role: each })),
  say("auth/user/list", {}),
  say("auth/role/list", {}),
];

/** Signing in, changes of users and roles, and calls that need rights, by all kinds of callers. */
export const authProgram: fc.Arbitrary<readonly Step[]> = fc
  .tuple(fc.boolean(), fc.array(step, { minLength: 1, maxLength: 25, size: "max" }))
  .map(([fresh, steps]) => [...(fresh ? beginning : []), ...steps, ...leaving]);
