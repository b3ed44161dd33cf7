import { describe, expect, it, vi } from "vitest";
import { Lease } from "../../src/gen/etcdserverpb/lease_pb.ts";
import { Maintenance } from "../../src/gen/etcdserverpb/maintenance_pb.ts";
import { Election } from "../../src/gen/v3electionpb/election_pb.ts";
import { gatewayTransport } from "../../src/transport/gateway-transport.ts";
import { drain, open, watch } from "./transport-calls.ts";
import { etcdErrorOf } from "./etcd-error.ts";
import { bodyOf, scriptedFetch } from "./scripted-fetch.ts";

const created = '{"result":{"header":{"revision":"7"},"created":true}}\n';
const event = '{"result":{"header":{"revision":"8"},"events":[{"kv":{"key":"YQ=="}}]}}\n';

describe("a stream", () => {
  const streaming = (body: ReadableStream<Uint8Array>) =>
    gatewayTransport({ fetch: scriptedFetch(() => new Response(body)).fetch });

  it("sends all its messages in one body, a line each", async () => {
    const { fetch, sent } = scriptedFetch(() => new Response(""));
    const messages = [1n, 2n, 3n].map((ID) => ({ ID }));
    await drain(await open(gatewayTransport({ fetch }), Lease.method.leaseKeepAlive, messages));
    expect(sent.map(({ body }) => body)).toEqual(['{"ID":"1"}\n{"ID":"2"}\n{"ID":"3"}\n']);
  });

  it("gives its messages as they come", async () => {
    const { body } = bodyOf([created, event.slice(0, 20), event.slice(20)], "open");
    const iterator = (await watch(streaming(body)))[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ created: true });
    expect((await iterator.next()).value).toMatchObject({ events: [{ type: 0 }] });
    await iterator.return?.();
  });

  it("is released when its loop is left", async () => {
    const { body, isCancelled } = bodyOf([created, event], "open");
    for await (const message of await watch(streaming(body))) {
      expect(message.created).toBe(true);
      break;
    }
    await vi.waitFor(() => expect(isCancelled()).toBe(true));
  });

  it("ends with its signal and lets go of a body that does not hear it", async () => {
    const { body, isCancelled } = bodyOf([created], "open");
    const controller = new AbortController();
    const messages = await watch(streaming(body), { signal: controller.signal });
    const iterator = messages[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    const reason = { why: "enough" };
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(isCancelled()).toBe(true);
  });

  it("is released when its loop throws", async () => {
    const { body, isCancelled } = bodyOf([created, event], "open");
    const work = async (): Promise<void> => {
      for await (const message of await watch(streaming(body))) throw new Error(`mine ${message.created}`);
    };
    await expect(work()).rejects.toThrow("mine true");
    await vi.waitFor(() => expect(isCancelled()).toBe(true));
  });

  it.each([
    ["a line that is not JSON", "nonsense\n", "MalformedResponse"],
    ["a line that is not an object", "[]\n", "MalformedResponse"],
    ["a line with neither result nor error", "{}\n", "MalformedResponse"],
    ["a result that is not a message", '{"result":[]}\n', "MalformedResponse"],
    ["a value that is not base64", '{"result":{"events":[{"kv":{"key":"*"}}]}}\n', "MalformedResponse"],
    [
      "an error of the old gateway",
      '{"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader","http_status":"Service Unavailable"}}\n',
      "NoLeader",
    ],
    ["an error of the new one", '{"error":{"code":14,"message":"etcdserver: no leader"}}\n', "NoLeader"],
  ])("ends with %s, after what came before it, and is released", async (_, line, reason) => {
    const { body, isCancelled } = bodyOf([`${created}${event}${line}${event}`], "open");
    const { values, error } = await drain(await watch(streaming(body)));
    expect(values).toMatchObject([{ created: true }, { created: false }]);
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({ reason, outcome: "unknown" });
    await vi.waitFor(() => expect(isCancelled()).toBe(true));
  });

  it.each([
    ["a page of HTML", "<html>login</html>\n"],
    ["a page without a newline", "<!doctype html><title>app</title>"],
    ["a word", "OK"],
    ["JSON of something else", '{"status":"ok"}\n'],
    ["JSON of something else without a newline", '{"status":"ok"}'],
    ["JSON that is not an object", "[]\n"],
  ])("that begins with %s is not etcd's", async (_, text) => {
    const { body, isCancelled } = bodyOf([text], "open");
    const { values, error } = await drain(await watch(streaming(text.endsWith("\n") ? body : bodyOf([text]).body)));
    expect(values).toEqual([]);
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({ reason: "NotEtcd", outcome: "unknown" });
    if (text.endsWith("\n")) await vi.waitFor(() => expect(isCancelled()).toBe(true));
  });

  it("that begins with a message that cannot be read is etcd's, and malformed", async () => {
    const { error } = await drain(await watch(streaming(bodyOf(['{"result":[]}\n']).body)));
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({ reason: "MalformedResponse" });
  });

  it.each([
    ["an error without a newline", '{"error":{"code":14,"message":"etcdserver: server stopped"}}', "Stopped"],
    ["an old one without a newline", '{"error":{"grpc_code":4,"message":"context deadline exceeded"}}', "Timeout"],
    ["half a message", event.slice(0, -12), "Unreachable"],
    ["a message that lacks its newline, and so its certainty", event.trimEnd(), "Unreachable"],
  ])("that ends with %s says so", async (_, tail, reason) => {
    const { values, error } = await drain(await watch(streaming(bodyOf([created, tail]).body)));
    expect(values).toHaveLength(1);
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({ reason, outcome: "unknown" });
  });

  it("that ends after a whole message just ends; so does an empty one", async () => {
    expect(await drain(await watch(streaming(bodyOf([created, "\n"]).body)))).toEqual({
      values: [expect.objectContaining({ created: true })],
    });
    expect(
      await drain(await watch(gatewayTransport({ fetch: scriptedFetch(() => new Response(null)).fetch }))),
    ).toEqual({ values: [] });
  });

  it("rejects with the caller's reason when aborted in its middle, and is released", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let pull: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(each) {
        pull = each;
        each.enqueue(new TextEncoder().encode(created));
      },
    });
    // A real fetch breaks the body with the reason.
    controller.signal.addEventListener("abort", () => pull?.error(controller.signal.reason));
    const messages = await watch(streaming(body), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    expect(await drain(messages)).toEqual({ values: [expect.objectContaining({ created: true })], error: reason });
  });

  it("of a snapshot: blobs, then the end; an error before and after the first", async () => {
    const blob = (text: string, left: string): string =>
      `${JSON.stringify({ result: { header: {}, remaining_bytes: left, blob: btoa(text) } })}\n`;
    const snapshot = (response: Response) =>
      open(gatewayTransport({ fetch: scriptedFetch(() => response).fetch }), Maintenance.method.snapshot, [{}]);
    const whole = await drain(await snapshot(new Response(blob("one", "3") + blob("two", "0"))));
    expect(
      whole.values.map(({ blob: bytes, remainingBytes }) => [new TextDecoder().decode(bytes), remainingBytes]),
    ).toEqual([
      ["one", 3n],
      ["two", 0n],
    ]);
    const denied = {
      error: { grpc_code: 7, http_code: 403, message: "etcdserver: permission denied", http_status: "Forbidden" },
    };
    expect(await etcdErrorOf(snapshot(Response.json(denied, { status: 403 })))).toMatchObject({
      reason: "PermissionDenied",
      outcome: "not-applied",
    });
    const { values, error } = await drain(await snapshot(new Response(`${blob("one", "3")}${JSON.stringify(denied)}`)));
    expect(values).toHaveLength(1);
    expect(await etcdErrorOf(Promise.reject(error))).toMatchObject({ reason: "PermissionDenied" });
  });

  it("of leaders: one message for each", async () => {
    const line = '{"result":{"header":{"revision":"3"},"kv":{"key":"YQ==","value":"Yg==","lease":"-5"}}}\n';
    const transport = gatewayTransport({ fetch: scriptedFetch(() => new Response(line + line)).fetch });
    expect((await drain(await open(transport, Election.method.observe, [{}]))).values).toMatchObject([
      { kv: { lease: -5n } },
      { kv: { lease: -5n } },
    ]);
  });
});
