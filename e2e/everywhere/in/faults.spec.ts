import { describe, expect, inject, it, onTestFinished, vi } from "vitest";
import { createEtcd, type Etcd, EtcdError, type EtcdOptions } from "../../../src/index.ts";
import { freshPrefix } from "../../../test/suites/connect.ts";
import { limit, until } from "../../../test/suites/tools.ts";
import type { Orders, Seen } from "../control.ts";
import "../provided.ts";

// Faults that each engine shows in its own way, or hides. What the client makes of them is the same everywhere.

const control = inject("control");
const target = inject("etcds").at(-1)?.endpoint ?? "";

async function order<K extends keyof Orders>(name: K, what: Orders[K]): Promise<unknown> {
  return (await fetch(`${control}/${name}`, { method: "POST", body: JSON.stringify(what) })).json();
}
const proxied = async (): Promise<string> => (await order("proxy", { target })) as string;
const scripted = async (...answers: Orders["script"]["answers"]): Promise<string> =>
  (await order("script", { answers })) as string;
const seen = async (url: string): Promise<Seen> => (await order("seen", { url })) as Seen;

function client(endpoints: string | readonly string[], options: Partial<EtcdOptions> = {}): Etcd {
  const etcd = createEtcd({ endpoints, ...options } as EtcdOptions);
  onTestFinished(() => etcd.close());
  return etcd;
}

async function failure(work: Promise<unknown>): Promise<EtcdError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (EtcdError.is(thrown)) return thrown;
  throw new Error("expected an EtcdError", { cause: thrown });
}

const json = '{"header":{"cluster_id":"1","member_id":"1","revision":"7","raft_term":"2"}}';
const created = '{"result":{"header":{"cluster_id":"1","member_id":"1","revision":"7"},"created":true}}\n';

describe("faults", () => {
  describe("faults", () => {
    it("A1: a write to a member that is down goes to another, or its outcome is unknown; reads always do", async () => {
      const down = await proxied();
      await order("fault", { url: down, fault: { kind: "refuse" } });
      const key = `${freshPrefix()}a`;
      const outcomes: string[] = [];
      for (let i = 0; i < 10; i++) {
        const etcd = client([down, target]);
        await etcd.put(key, "1").then(
          () => outcomes.push("put"),
          (error: EtcdError) => outcomes.push(error.outcome),
        );
      }
      if (outcomes.includes("unknown")) limit("A1: refused looks like broken");
      expect([...new Set(outcomes)]).toHaveLength(1);
      expect(["put", "unknown"]).toContain(outcomes[0]);
      const puts = outcomes.filter((outcome) => outcome === "put").length;
      expect((await client([down, target]).get(key))?.version ?? 0n).toBe(BigInt(puts));
    });

    it("B3: a write whose connection dies is sent once by the client, whatever the engine does", async () => {
      const url = await scripted({ body: json }, "rst", { body: json });
      const etcd = client(url);
      await etcd.put("a", "1");
      const second = await etcd.put("a", "2").catch((error: unknown) => error);
      const { lines } = await seen(url);
      if (lines.length > 2) {
        limit("B3: a POST is sent again");
        expect(second).toMatchObject({ revision: 7n });
      } else expect(second).toMatchObject({ reason: "Unreachable", outcome: "unknown" });
    });

    it("B3: exactlyOnce writes once, however often the engine sends them", async () => {
      const url = await proxied();
      const etcd = client(url, { timeoutMs: 20_000 });
      const key = `${freshPrefix()}a`;
      for (let i = 1; i <= 20; i++) {
        await order("fault", { url, fault: { kind: "dropResponse", times: 1 } });
        await etcd.put(key, `${i}`, { exactlyOnce: true });
        expect(await client(target).get(key)).toMatchObject({ version: BigInt(i) });
      }
    });

    it.each([
      ["B2: an end before the answer", "fin"],
      ["B2: a reset before the answer", "rst"],
      ["B4: a body cut by an end", { body: json.slice(0, 20), headers: { "content-length": "90" }, after: "fin" }],
      ["B4: a body cut by a reset", { body: json.slice(0, 20), headers: { "content-length": "90" }, after: "rst" }],
      ["B5: a body cut by a clean end", { body: json.slice(0, 20) }],
      ["B5: a chunked body without its last chunk", { body: [json], framing: "unterminated", after: "fin" }],
      ["B7: an empty 200", { body: "" }],
      ["B7: a 204", { status: 204, framing: "none", after: "fin" }],
      ["headers cut by an end", { raw: "HTTP/1.1 200 OK\r\nContent-Type: applic", after: "fin" }],
      [
        "headers and no body, cut by an end",
        { raw: "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\n", after: "fin" },
      ],
    ] as const)("%s leaves the outcome of a write unknown", async (title, answer) => {
      const url = await scripted(answer);
      const written = await client(url)
        .put("a", "1")
        .catch((error: unknown) => error);
      if (title.startsWith("B5: a chunked") && !EtcdError.is(written)) {
        // The JSON was whole: nothing of it is missing.
        limit("B5: a missing last chunk is not seen");
        expect(written).toMatchObject({ revision: 7n });
        return;
      }
      if (!EtcdError.is(written))
        throw new Error(`expected an EtcdError, got ${JSON.stringify(Object.keys(written as object))}`);
      expect(["Unreachable", "MalformedResponse"]).toContain(written.reason);
      expect(written.outcome).toBe("unknown");
    });

    it.each([301, 302, 303, 307, 308])("B16: a redirect (%i) is not followed", async (status) => {
      const elsewhere = await scripted({ body: json });
      const url = await scripted({ status, headers: { location: `${elsewhere}/v3/kv/put` } });
      const error = await failure(client(url).put("a", "1"));
      expect(error).toMatchObject({ reason: "RedirectRefused" });
      expect((await seen(elsewhere)).lines).toEqual([]);
    });

    it("B20: a body that does not come ends with the client's own time-out, by its name", async () => {
      const url = await scripted({ headers: { "content-length": "90" }, body: "", after: "hang" });
      expect(await failure(client(url).put("a", "1", { timeoutMs: 300 }))).toMatchObject({
        reason: "Timeout",
        outcome: "unknown",
      });
    });

    it("B22: an answer ends at its limit whatever its content-length says, though the engine goes by the chunks", async () => {
      const piece = " ".repeat(65_536);
      const url = await scripted({
        headers: { "content-length": "5", "transfer-encoding": "chunked" },
        framing: "chunked",
        body: [...Array<string>(48).fill(piece), json],
      });
      const error = await failure(client(url, { maxResponseBytes: 1024 * 1024 }).get("a", { timeoutMs: 20_000 }));
      // Some engines take such an answer for broken.
      expect(["ResponseTooLarge", "Unreachable"]).toContain(error.reason);
    });

    it("B24: 40 kB of headers are an answer or a broken connection", async () => {
      const url = await scripted({ body: json, headers: { "x-long": "a".repeat(40_000) } });
      const written = await client(url)
        .put("a", "1")
        .catch((error: unknown) => error);
      if (EtcdError.is(written)) expect(written).toMatchObject({ reason: "Unreachable", outcome: "unknown" });
      else expect(written).toMatchObject({ revision: 7n });
    });

    it("B27: an aborted call rejects with the caller's own reason", async () => {
      const url = await scripted("hang");
      for (const reason of [{ why: "enough" }, new DOMException("mine", "AbortError"), new TypeError("mine")]) {
        const controller = new AbortController();
        const call = client(url).put("a", "1", { signal: controller.signal });
        controller.abort(reason);
        await expect(call).rejects.toBe(reason);
      }
    });

    it("D1: a watch misses and doubles nothing over streams cut by resets, ends and clean ends", async () => {
      const url = await proxied();
      const etcd = client(url);
      const writer = client(target);
      const prefix = freshPrefix();
      const watch = etcd.watch({ prefix });
      await watch.ready;
      const texts: string[] = [];
      const reading = (async () => {
        for await (const { entry } of watch) if (texts.push(entry.text()) === 60) break;
      })();
      for (let i = 0; i < 60; i++) {
        await writer.put(`${prefix}${i % 7}`, `${i}`);
        if (i % 15 === 7) await order("cut", { url, how: i % 2 === 0 ? "rst" : "fin" });
      }
      await reading;
      expect(texts).toEqual(Array.from({ length: 60 }, (_, i) => `${i}`));
      expect((await seen(url)).lines.filter((line) => line === "POST /v3/watch").length).toBeGreaterThan(1);
    });

    it("D1: a stream that ends cleanly is opened again", async () => {
      const url = await scripted(
        { body: [created] },
        { body: [created], after: "fin" },
        { body: [created], framing: "unterminated", after: "hang" },
      );
      const watch = client(url, { requireLeader: false }).watch("a");
      await watch.ready;
      await vi.waitFor(async () => expect((await seen(url)).lines).toHaveLength(3), 20_000);
      expect(watch.state).not.toBe("closed");
    });

    it("D18: a slow reader gets everything, far beyond the queue, and the stream is closed meanwhile", async () => {
      const prefix = freshPrefix();
      const writer = client(target);
      const url = await proxied();
      const watch = client(url).watch({ prefix });
      await watch.ready;
      const { lines } = await seen(url);
      const text = "x".repeat(500_000);
      for (let i = 0; i < 48; i++) await writer.put(`${prefix}${i}`, text);
      // Nobody reads: the queue fills up, and the stream is given up rather than held in memory.
      await until("the stream is let go", () => watch.state === "retrying", 20_000);
      let count = 0;
      for await (const { entry } of watch) {
        expect(entry.key).toBe(`${prefix}${count}`);
        if (++count === 48) break;
      }
      expect((await seen(url)).lines.length).toBeGreaterThan(lines.length);
      await writer.delete({ prefix });
    });

    it("S4: without auth no header is sent that takes a preflight, and no cookie", async () => {
      const url = await scripted({ body: json });
      await client(url).put("a", "1");
      const { headerNames } = await seen(url);
      for (const name of ["authorization", "cookie", "grpc-metadata-hasleader"])
        expect(headerNames).not.toContain(name);
    });

    it("leaves nothing in the storages of a page", async () => {
      const storages = ["localStorage", "sessionStorage"] as const;
      const there = storages.flatMap((name) => {
        const storage = "document" in globalThis ? Reflect.get(globalThis, name) : undefined;
        return storage === undefined ? [] : [storage as { length: number }];
      });
      const before = there.map(({ length }) => length);
      const etcd = client(target);
      await etcd.put(`${freshPrefix()}a`, "1");
      await etcd.get("a");
      expect(there.map(({ length }) => length)).toEqual(before);
    });
  });
});
