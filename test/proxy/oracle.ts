import { createEtcd } from "../../src/index.ts";
import type { Access, EtcdProxy } from "../../src/proxy/index.ts";
import { foreignLease, type RandomRequest } from "./random-requests.ts";

/** What a proxy lets its caller at, and what the role of a user of etcd has: the same ranges. */
export const access: Access = {
  subject: "caller",
  allow: [
    { read: { from: "b", to: "c" }, write: { prefix: "bb" } },
    { read: "d", write: "d" },
    { write: "e" },
    { lease: true },
  ],
};
export const tenant: Access = {
  subject: "tenant",
  namespace: "t1/",
  allow: [{ read: { all: true }, write: { all: true }, lock: { all: true } }],
};
export const noLimits = {
  perSecond: 1e9,
  burst: 1e9,
  totalPerSecond: 1e9,
  totalBurst: 1e9,
  requests: 1e6,
  totalLeases: 1e6,
  leases: 1e6,
};
const permissions = [
  ["read", { from: "b", to: "c" }],
  ["readwrite", { prefix: "bb" }],
  ["readwrite", "d"],
  ["write", "e"],
] as const;
const isReadable = (key: string): boolean => (key >= "b" && key < "c") || key === "d";
/** Of nobody's, or of another tenant's. That of "e" may be written, but never read. */
const outside = [
  "a",
  "ab",
  "a/b",
  "c",
  "ca",
  "cc",
  "d\0",
  "d/",
  "dd",
  "ea",
  "\0",
  "\u00ff",
  "t1",
  "t10/b",
  "t2/b",
  "t2/bb",
];
const writeOnly = "e";

type Send = (request: Request) => Promise<Response>;

/** An etcd with authentication, and keys that its user must not see. */
export interface Guarded {
  readonly auth: { readonly username: string; readonly password: string };
  /** What the user is answered by etcd itself. */
  ask(request: RandomRequest): Promise<Answer | undefined>;
  /** What is there that must not change. */
  canaries(): Promise<unknown>;
}

export async function guard(origin: string, send: Send): Promise<Guarded> {
  const post = async (path: string, body: unknown, token?: string): Promise<Readonly<Record<string, unknown>>> => {
    const headers = token === undefined ? {} : { authorization: token };
    const response = await send(new Request(origin + path, { method: "POST", headers, body: JSON.stringify(body) }));
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${text}`);
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  };
  const login = async (name: string): Promise<string> => {
    const { token } = await post("/v3/auth/authenticate", { name, password: name });
    return String(token);
  };
  const etcd = createEtcd({ endpoints: origin, fetch: (url, init) => send(new Request(url, init)) });
  for (const name of ["root", "user"]) {
    await etcd.auth.users.add(name, name);
    await etcd.auth.roles.add(name);
    await etcd.auth.users.grantRole(name, name);
  }
  for (const [permission, selector] of permissions) await etcd.auth.roles.grantPermission("user", permission, selector);
  await etcd.lease.grant(100_000, { id: foreignLease });
  for (const key of [...outside, writeOnly])
    await etcd.put(latin1(key), `canary ${key}`, key === "a" ? { lease: foreignLease } : {});
  for (const key of ["b", "bb", "bbb", "bc", "d"])
    for (const prefix of ["", "t1/"]) await etcd.put(prefix + key, "free");
  await etcd.auth.enable();
  await etcd.close();
  const user = await login("user");
  return {
    auth: { username: "root", password: "root" },
    ask: (request) => ask(send, origin, request, user),
    async canaries() {
      const found: unknown[] = [];
      // Anew: a long run is longer than a token of etcd lives that nobody uses.
      const root = await login("root");
      for (const key of outside) {
        const { kvs } = await post("/v3/kv/range", { key: Buffer.from(key, "latin1").toString("base64") }, root);
        found.push(kvs);
      }
      const { ID, keys } = await post("/v3/kv/lease/timetolive", { ID: String(foreignLease), keys: true }, root);
      return { found, ID, keys };
    },
  };
}

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

export interface Verdict {
  /** What is wrong, if something is. */
  readonly fault?: string;
  readonly passed: boolean;
  readonly denied: boolean;
}

/** Sends a request through a proxy, and to etcd itself as the user of the same ranges, and says what must not be. */
export async function judge(proxy: EtcdProxy, request: RandomRequest, etcd?: Guarded): Promise<Verdict> {
  const [ours, theirs] = await Promise.all([
    ask((sent) => proxy(sent), "http://proxy.test", request),
    request.dangerous ? undefined : etcd?.ask(request),
  ]);
  const told = `${request.path} ${request.body}`;
  const passed = ours !== undefined && !isRefusal(ours);
  const denied = theirs?.text.includes("permission denied") === true;
  const shown = ours === undefined ? undefined : leak(request, ours, etcd !== undefined);
  if (shown !== undefined) return { fault: `${told} ${shown}: ${ours?.text}`, passed, denied };
  // Two leases of one name, which have keys of their own: which keys are shown has been looked at.
  if (request.path.endsWith("/timetolive")) return { passed, denied };
  return denied && passed ? { fault: `${told} was answered: ${ours.text}`, passed, denied } : { passed, denied };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: string;
}

/** Of a stream the beginning. `undefined`: there was no answer in a while, as for a campaign that waits. */
async function ask(
  send: Send,
  origin: string,
  { path, body }: RandomRequest,
  token?: string,
): Promise<Answer | undefined> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 1000);
  const headers = { "content-type": "application/json", ...(token === undefined ? {} : { authorization: token }) };
  const request = new Request(origin + path, { method: "POST", headers, body, signal: stop.signal });
  let text = "";
  let response: Response | undefined;
  try {
    response = await send(request);
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      // A watch goes on: one that replays has told what it has with its second line.
      if (path === "/v3/watch" && (text.match(/\n/g) ?? []).length > (text.includes("canceled") ? 0 : 1)) break;
      if (path === "/v3/watch" && !/start_?revision":"[12]"/i.test(body)) break;
      if (path === "/v3/election/observe") break;
    }
  } catch (error) {
    // Held until here: Node forgets the signal of a request that nobody holds.
    if (!request.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  if (response === undefined) return undefined;
  return { status: response.status, text, headers: [...response.headers].flat().join("\n") };
}

function isRefusal({ status, text }: Answer): boolean {
  // A lease of others is one that is not there.
  return (
    status !== 200 || text.includes('"TTL":"-1"') || text.includes('"canceled":true') || text.startsWith('{"error"')
  );
}

/** In no answer, error or header, as it is or as base64. A renewal answers the id that it was asked for. */
function leak({ path }: RandomRequest, answer: Answer, ofRole: boolean): string | undefined {
  const strings = answer.text.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  const decoded = strings.map((each) => Buffer.from(each.slice(1, -1), "base64").toString("latin1"));
  if ([answer.text, answer.headers, ...decoded].join("\n").includes("canary")) return "shows what it must not";
  if (path === "/v3/lease/leases" && answer.text.includes(String(foreignLease))) return "shows another's lease";
  const keys = /"keys":\[([^\]]*)\]/.exec(answer.text)?.[1]?.split(",") ?? [];
  const unreadable = keys.some((key) => !isReadable(Buffer.from(key, "base64").toString("latin1")));
  return ofRole && path.endsWith("/timetolive") && unreadable ? "shows keys that may not be read" : undefined;
}

/** `work` for each, 16 at a time. */
export async function inTurns<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let each = all[next++]; each !== undefined; each = all[next++]) await work(each);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}
