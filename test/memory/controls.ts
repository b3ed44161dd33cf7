import { describe, expect, it } from "vitest";
import { createEtcd, type Etcd, type EtcdOptions } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd, type MemoryEtcdOptions } from "../../src/memory/index.ts";

function start(options: MemoryEtcdOptions = {}, more: Partial<EtcdOptions> = {}): { memory: MemoryEtcd; etcd: Etcd } {
  const memory = createMemoryEtcd({ clock: "virtual", ...options });
  return { memory, etcd: createEtcd({ fetch: memory.fetch, ...more } as EtcdOptions) };
}

/** What a test may do to a memory, in whatever runtime this is called. */
export function testControls(): void {
  describe("the controls of a memory", () => {
    it("end a lease when its time has been moved on, in one revision", async () => {
      const { memory, etcd } = start();
      const { id } = await etcd.lease.grant(60);
      await etcd.put("a", "1", { lease: id });
      await etcd.put("b", "1", { lease: id });
      const { revision } = memory;
      memory.advance(59_999);
      expect(await etcd.has("a")).toBe(true);
      memory.advance(1);
      expect(await etcd.count({ all: true })).toBe(0n);
      expect(memory.revision).toBe(revision + 1n);
    });

    it("end a lease at once, and say whether there was one", async () => {
      const { memory, etcd } = start();
      const { id } = await etcd.lease.grant(60);
      await etcd.put("a", "1", { lease: id });
      expect(memory.expireLease(id)).toBe(true);
      expect(memory.expireLease(id)).toBe(false);
      expect(await etcd.has("a")).toBe(false);
    });

    it("compact, so that the past cannot be read", async () => {
      const { memory, etcd } = start();
      await etcd.put("a", "1");
      await etcd.put("a", "2");
      memory.compact();
      await expect(etcd.get("a", { revision: 2n })).rejects.toMatchObject({ reason: "Compacted" });
      expect(() => memory.compact()).toThrow("compacted");
    });

    it("disconnect a watch, which goes on where it was", async () => {
      const { memory, etcd } = start();
      const watch = etcd.watch("a");
      await watch.ready;
      expect(memory.watchers).toBe(1);
      memory.disconnect();
      expect(memory.watchers).toBe(0);
      const { revision } = await etcd.put("a", "1");
      for await (const event of watch) {
        expect(event.revision).toBe(revision);
        break;
      }
      await etcd.close();
      expect({ watchers: memory.watchers, openRequests: memory.openRequests }).toEqual({
        watchers: 0,
        openRequests: 0,
      });
    });

    it("end all tokens, after which a client signs in again, and others are refused", async () => {
      const { memory, etcd } = start();
      await etcd.auth.users.add("root", "pw");
      await etcd.auth.roles.add("root");
      await etcd.auth.users.grantRole("root", "root");
      await etcd.auth.enable();
      const root = createEtcd({ fetch: memory.fetch, auth: { username: "root", password: "pw" } } as EtcdOptions);
      const signedIn = memory.faults.splitBytes(1000, { match: "/v3/auth/authenticate", times: Infinity });
      await root.put("a", "1");
      memory.expireTokens();
      await root.put("a", "2");
      expect(signedIn.hits).toBe(2);
      await expect(etcd.put("a", "3")).rejects.toMatchObject({ outcome: "not-applied" });
    });

    it("sign in a user without its password, before authentication is on and after", async () => {
      const { memory, etcd } = start();
      const admin = createEtcd({ fetch: memory.fetch, auth: { token: async () => memory.signIn("root") } });
      await admin.put("a", "1");
      await etcd.auth.users.add("root", "pw");
      await etcd.auth.roles.add("root");
      await etcd.auth.users.grantRole("root", "root");
      await etcd.auth.enable();
      await expect(etcd.get("a")).rejects.toMatchObject({ reason: "UserEmpty" });
      expect((await admin.get("a"))?.text()).toBe("1");
      memory.expireTokens();
      expect((await admin.get("a"))?.text()).toBe("1");
      expect(() => memory.signIn("nobody")).toThrow("user name not found");
    });

    it("give the same ids for the same seed, and others for another", async () => {
      const idsOf = async (seed: number): Promise<unknown> => {
        const { memory } = start({ seed });
        const granted = await memory.fetch("http://memory.test/v3/lease/grant", { method: "POST", body: '{"TTL":60}' });
        return granted.json();
      };
      expect(await idsOf(1)).toEqual(await idsOf(1));
      expect(await idsOf(1)).not.toEqual(await idsOf(2));
    });

    it("refuse all calls when closed, and options that do not exist", async () => {
      const { memory } = start();
      memory.close();
      await expect(memory.fetch("http://memory.test/version")).rejects.toThrow("fetch failed");
      expect(() => createMemoryEtcd({ sede: 1 } as MemoryEtcdOptions)).toThrow(
        'createMemoryEtcd: unknown option "sede"; did you mean "seed"?',
      );
      expect(() => createMemoryEtcd(null as never)).toThrow("createMemoryEtcd: expected an options object, got null");
      expect(() => memory.faults.drop({ time: 2 } as never)).toThrow('unknown option "time"; did you mean "times"?');
    });

    it("close at the end of a block, of either kind", async () => {
      const { memory: first } = start();
      const { memory: second } = start();
      {
        await using closing: AsyncDisposable = first;
        using closingToo: Disposable = second;
        void [closing, closingToo];
      }
      for (const { fetch } of [first, second])
        await expect(fetch("http://memory.test/version")).rejects.toThrow("fetch failed");
    });

    it("run out of space at the quota, and raise the alarm", async () => {
      const { etcd } = start({ quotaBytes: 100_000 });
      await etcd.put("a", new Uint8Array(60_000));
      await expect(etcd.put("b", new Uint8Array(60_000))).rejects.toMatchObject({ reason: "NoSpace" });
      expect(await etcd.has("a")).toBe(true);
    });
  });

  describe("the faults of a memory", () => {
    const once = { retry: false } as const;

    it("drop requests before they are sent, as often as asked, and only those that match", async () => {
      const { memory, etcd } = start({}, once);
      const fault = memory.faults.drop({ times: 2, match: "/v3/kv/put" });
      await etcd.get("a");
      for (let i = 0; i < 2; i++) await expect(etcd.put("a", "1")).rejects.toMatchObject({ outcome: "not-applied" });
      await etcd.put("a", "1");
      expect(fault.hits).toBe(2);
    });

    it("reset connections, which leaves it open what became of a write", async () => {
      const { memory, etcd } = start({}, once);
      memory.faults.reset();
      await expect(etcd.put("a", "1")).rejects.toMatchObject({ outcome: "unknown" });
      expect(await etcd.has("a")).toBe(false);
    });

    it("drop the answer of a write that was applied", async () => {
      const { memory, etcd } = start({}, once);
      memory.faults.dropResponse();
      await expect(etcd.put("a", "1")).rejects.toMatchObject({ outcome: "unknown" });
      expect(await etcd.has("a")).toBe(true);
    });

    it("delay requests on the clock of the server", async () => {
      const { memory, etcd } = start({}, once);
      memory.faults.delay(5000);
      let done = false;
      const get = etcd.get("a").then(() => (done = true));
      memory.advance(0);
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(done).toBe(false);
      memory.advance(5000);
      await get;
      expect(done).toBe(true);
    });

    it("truncate answers, stall them, and cut them into bytes", async () => {
      const { memory, etcd } = start({}, once);
      await etcd.put("a", "1");
      memory.faults.truncate(20);
      await expect(etcd.get("a")).rejects.toMatchObject({ reason: "MalformedResponse" });
      memory.faults.stall(5);
      await expect(etcd.get("a", { timeoutMs: 30 })).rejects.toMatchObject({ reason: "Timeout" });
      memory.faults.splitBytes(1);
      expect((await etcd.get("a"))?.text()).toBe("1");
    });

    it("lose the leader", async () => {
      const { memory, etcd } = start({}, once);
      memory.faults.noLeader();
      await expect(etcd.get("a")).rejects.toMatchObject({ reason: "NoLeader" });
      await etcd.get("a");
    });

    it("are taken back", async () => {
      const { memory, etcd } = start({}, once);
      memory.faults.drop(Infinity).remove();
      memory.faults.reset(Infinity);
      memory.faults.clear();
      await etcd.get("a");
    });
  });
}
