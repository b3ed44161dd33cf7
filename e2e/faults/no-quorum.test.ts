import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Etcd as Server, type EtcdMember, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { stored } from "./ground-truth.ts";
import {
  client,
  clientOf,
  count,
  failure,
  itTellsNoSecret,
  passwordCanary,
  proxies,
  secret,
  settled,
} from "./subject.ts";

// Three members, of which no two are in touch. etcd takes up to 5 s plus twice the election time-out to say so.

describe.each(["3.4", "3.5"] as const)("without a quorum, etcd %s", (version) => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version, members: 3, electionMs: 1000 });
  });
  afterAll(() => server.close());

  /** Stops the two others for as long as `work` takes. */
  async function alone(member: EtcdMember, work: () => Promise<unknown>): Promise<void> {
    const others = server.members.filter((other) => other !== member);
    for (const other of others) other.pause();
    try {
      await work();
    } finally {
      for (const other of others) other.resume();
    }
    await server.waitReady();
  }

  it("C6: a write that ran out of time is unknown, since it may be applied later; here it is", async () => {
    const leader = await server.leader();
    const etcd = clientOf(server, leader.url);
    let applied = false;
    // The leader steps down if the others stay away for long: then it may be lost as well.
    for (let attempt = 0; attempt < 5 && !applied; attempt++) {
      const key = `C6-${attempt}`;
      await alone(leader, async () => {
        const error = await failure(etcd.put(key, "late", { timeoutMs: 200 }));
        expect(error).toMatchObject({ reason: "Timeout", code: 4, outcome: "unknown", retryable: false });
        expect(await etcd.get(key, { serializable: true })).toBeNull();
      });
      const late = await etcd.get(key);
      applied = late?.version === 1n;
    }
    expect(applied).toBe(true);
  });

  it("B10, B11, C5, C17: writes get etcd's own error, with an unknown outcome, and are sent once; reads are repeated to the end", async () => {
    const leader = await server.leader();
    const [toWrite, toRead] = await proxies([leader.url, leader.url]);
    if (toWrite === undefined || toRead === undefined) throw new Error("two proxies");
    const writer = clientOf(server, toWrite.url);
    const reader = clientOf(server, toRead.url, { timeoutMs: 9000 });
    const eager = clientOf(server, leader.url, { requireLeader: true, retry: false });
    await writer.put("here", "1");
    let tried = 0;
    await alone(leader, async () => {
      const [put, create, get, refused] = await Promise.all([
        failure(writer.put("unknown", "1")),
        failure(writer.create("unknown/create", "1")),
        failure(reader.get("here")),
        poll("it sees no leader", 9000, async () => {
          const error = await failure(eager.put(`eager/${++tried}`, "1", { timeoutMs: 2000 }));
          return error.reason === "NoLeader" ? error : undefined;
        }),
      ]);
      expect(refused).toMatchObject({ code: 14, outcome: "not-applied" });
      // Within the default time-out of 10 s.
      for (const error of [put, create]) {
        expect(error).toMatchObject({
          reason: "Timeout",
          outcome: "unknown",
          retryable: false,
          attempts: [{ reason: "Timeout" }],
        });
      }
      expect([count(toWrite, "/v3/kv/put"), count(toWrite, "/v3/kv/txn")]).toEqual([2, 1]);
      expect(get).toMatchObject({ reason: "Timeout", outcome: "not-applied", retryable: true });
      expect(get.attempts.length).toBeGreaterThan(1);
      expect(get.attempts[0]).toMatchObject({ reason: "Timeout", outcome: "unknown" });
      expect((await reader.get("here", { serializable: true }))?.text()).toBe("1");
    });
    const late = await stored(server, "unknown");
    expect([...late.values()].every((entry) => entry.version === 1)).toBe(true);
    expect((await stored(server, "eager/")).has(`eager/${tried}`)).toBe(false);
  });

  it("F6: a login without a quorum keeps its callers' deadlines, is shared, and leaves no write with an unknown outcome", async () => {
    const leader = await server.leader();
    await server.enableAuth({ rootPassword: passwordCanary });
    const [proxy] = await proxies([leader.url]);
    const etcd = client(proxy?.url ?? "", { auth: { username: "root", password: passwordCanary } });
    const login = await server.post("/v3/auth/authenticate", { name: "root", password: passwordCanary });
    const token = secret((JSON.parse(login.text) as { token: string }).token);
    await alone(leader, async () => {
      // On a busy machine a process goes on for a moment after it was told to stop.
      const put = (): Promise<unknown> =>
        server.post("/v3/kv/put", { key: "cHJvYmU=" }, { token, member: leader, timeout: 100 });
      await poll("the others stand still", 5000, () =>
        put().then(
          () => undefined,
          () => true,
        ),
      );
      const controller = new AbortController();
      const leaver = etcd.put("F6/leaver", "1", { signal: controller.signal }).catch((error: unknown) => error);
      const stayers = [1, 2, 3].map(() => failure(etcd.put("F6/stayer", "1", { timeoutMs: 700 })));
      const patient = settled(etcd.put("F6/patient", "1"));
      await poll("the login is under way", 5000, () =>
        proxy !== undefined && proxy.counts.requests > 0 ? true : undefined,
      );
      controller.abort("enough");
      expect(await leaver).toBe("enough");
      for (const stayer of stayers)
        expect(await stayer).toMatchObject({ reason: "Timeout", code: 4, outcome: "not-applied" });
      expect(proxy?.requestLines).toEqual(["POST /v3/auth/authenticate"]);
      for (const member of server.members) member.resume();
      // The login that the others left goes on.
      const { error } = await patient;
      expect(error).toBeUndefined();
    });
    expect((await etcd.get("F6/patient"))?.version).toBe(1n);
    expect(await etcd.get("F6/stayer")).toBeNull();
  });
});

itTellsNoSecret();
