import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Access, createProxy, type EtcdProxy } from "../../src/proxy/index.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { foreignLease, type RandomRequest, randomRequest } from "./random-requests.ts";

/** More of them in a long run. */
const requests = Number(process.env["FETCD_PROXY_REQUESTS"] ?? 1600);
const seed = Number(process.env["FETCD_PROXY_SEED"] ?? Date.now() % 1e9);
const atOnce = 16;

const base64 = (text: string): string => Buffer.from(text, "latin1").toString("base64");

/** What the proxy lets its caller at, and what the role at etcd has: the same ranges. */
const access: Access = {
  subject: "caller",
  allow: [
    { read: { from: "b", to: "c" }, write: { prefix: "bb" } },
    { read: "d", write: "d" },
    { write: "e" },
    { lease: true },
  ],
};
const permissions = [
  { permType: "READ", key: base64("b"), range_end: base64("c") },
  { permType: "READWRITE", key: base64("bb"), range_end: base64("bc") },
  { permType: "READWRITE", key: base64("d") },
  { permType: "WRITE", key: base64("e") },
];
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

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: string;
}

describe("A proxy with the ranges of a role of a real etcd", () => {
  let etcd: Etcd;
  let proxy: EtcdProxy;
  let tenants: EtcdProxy;
  let rootToken: string;
  let userToken: string;

  const login = async (name: string): Promise<string> => {
    const { text } = await etcd.post("/v3/auth/authenticate", { name, password: name });
    return (JSON.parse(text) as { token: string }).token;
  };
  const asRoot = async (path: string, body: unknown): Promise<string> => {
    const { status, text } = await etcd.post(path, body, { token: rootToken });
    expect({ status, text }).toMatchObject({ status: 200 });
    return text;
  };

  beforeAll(async () => {
    etcd = await startEtcd({ version: "3.5" });
    await etcd.enableAuth({ rootPassword: "root", users: [{ name: "user", password: "user" }] });
    rootToken = await login("root");
    for (const perm of permissions) await asRoot("/v3/auth/role/grant", { name: "user", perm });
    userToken = await login("user");
    await asRoot("/v3/lease/grant", { ID: String(foreignLease), TTL: "100000" });
    for (const key of [...outside, writeOnly]) {
      const lease = key === "a" ? String(foreignLease) : "0";
      await asRoot("/v3/kv/put", { key: base64(key), value: base64(`canary ${key}`), lease });
    }
    for (const key of ["b", "bb", "bbb", "bc", "d"]) {
      for (const prefix of ["", "t1/"])
        await asRoot("/v3/kv/put", { key: base64(prefix + key), value: base64("free") });
    }
    const client = { endpoints: etcd.endpoints, auth: { username: "root", password: "root" } };
    const limits = { perSecond: 1e9, burst: 1e9, requests: 1e6, watches: 1e6, leases: 1e6 };
    proxy = createProxy({ etcd: client, authorize: () => access, limits });
    const tenant: Access = {
      subject: "tenant",
      namespace: "t1/",
      allow: [{ read: { all: true }, write: { all: true }, lock: { all: true } }],
    };
    tenants = createProxy({ etcd: client, authorize: () => tenant, limits });
  });
  afterAll(async () => {
    await proxy?.close();
    await tenants?.close();
    await etcd?.close();
  });

  const canaries = async (): Promise<unknown> => {
    const found: unknown[] = [];
    for (const key of outside)
      found.push((JSON.parse(await asRoot("/v3/kv/range", { key: base64(key) })) as { kvs: unknown }).kvs);
    const { ID, keys } = JSON.parse(
      await asRoot("/v3/kv/lease/timetolive", { ID: String(foreignLease), keys: true }),
    ) as Readonly<Record<string, unknown>>;
    return { found, ID, keys };
  };

  it(`refuses whatever etcd refuses, and lets nothing out (seed ${seed})`, async () => {
    const before = await canaries();
    const all = fc.sample(randomRequest, { numRuns: requests / 2, seed });
    let denied = 0;
    let passed = 0;
    await inTurns(all, async (request) => {
      const [ours, theirs] = await Promise.all([
        ask((init) => proxy(init), "http://proxy.test", request),
        request.dangerous ? undefined : ask((init) => fetch(init), etcd.endpoints[0] ?? "", request, userToken),
      ]);
      expectNoCanary(request, ours);
      if (ours !== undefined && !isRefusal(ours)) passed++;
      if (theirs === undefined || !theirs.text.includes("permission denied")) return;
      denied++;
      expect(ours === undefined || isRefusal(ours), `${told(request)} was answered: ${ours?.text}`).toBe(true);
    });
    expect(await canaries()).toEqual(before);
    expect(denied).toBeGreaterThan(all.length / 4);
    expect(passed).toBeGreaterThan(all.length / 30);
  }, 3_600_000);

  it(`keeps a tenant's names apart from all others (seed ${seed})`, async () => {
    const before = await canaries();
    let passed = 0;
    await inTurns(fc.sample(randomRequest, { numRuns: requests / 2, seed: seed + 1 }), async (request) => {
      const answer = await ask((init) => tenants(init), "http://proxy.test", request);
      expectNoCanary(request, answer);
      if (answer !== undefined && !isRefusal(answer)) passed++;
    });
    expect(await canaries()).toEqual(before);
    expect(passed).toBeGreaterThan(requests / 10);
  }, 3_600_000);
});

async function inTurns<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let each = all[next++]; each !== undefined; each = all[next++]) await work(each);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const told = ({ path, body }: RandomRequest): string => `${path} ${body}`;

/** Of a stream the beginning. `undefined`: there was no answer in a while, as for a campaign that waits. */
async function ask(
  send: (request: Request) => Promise<Response>,
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
function expectNoCanary(request: RandomRequest, answer: Answer | undefined): void {
  if (answer === undefined) return;
  const strings = answer.text.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  const decoded = strings.map((each) => Buffer.from(each.slice(1, -1), "base64").toString("latin1"));
  const shown = [answer.text, answer.headers, ...decoded].join("\n");
  expect(shown.includes("canary"), `${told(request)} shows ${answer.text}`).toBe(false);
  if (request.path === "/v3/lease/leases") expect(shown).not.toContain(String(foreignLease));
}
