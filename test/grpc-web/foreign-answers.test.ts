import { describe, expect, it, vi } from "vitest";
import { createGrpcWebTransport } from "../../src/grpc-web/index.ts";
import { createEtcd, type Etcd } from "../../src/index.ts";

/** A frame of gRPC-Web: a flag, the length, and so many bytes. */
function frame(flag: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + payload.length);
  bytes[0] = flag;
  new DataView(bytes.buffer).setUint32(1, payload.length);
  bytes.set(payload, 5);
  return bytes;
}

const text = new TextEncoder();
/** An answer to a put, or to a get: a header with a cluster id and a revision. */
const message = frame(0, new Uint8Array([0x0a, 0x04, 0x08, 0x05, 0x18, 0x07]));
const trailer = (status: string): Uint8Array => frame(0x80, text.encode(status));
const fine = trailer("grpc-status: 0\r\n");

function answeredBy(...parts: (Uint8Array | string)[]): { readonly etcd: Etcd; readonly requests: () => number } {
  let requests = 0;
  const transport = createGrpcWebTransport({
    baseUrl: "http://127.0.0.1:8080",
    fetch: async () => {
      requests++;
      return new Response(new Blob(parts as BlobPart[]), { headers: { "content-type": "application/grpc-web+proto" } });
    },
  });
  return { etcd: createEtcd({ transport, retry: { maxAttempts: 2, capMs: 1 } }), requests: () => requests };
}

describe("an answer over gRPC-Web", () => {
  it("that is whole is taken", async () => {
    expect(await answeredBy(message, fine).etcd.put("a", "1")).toEqual({ revision: 7n, prev: null });
  });

  it.each<[string, (Uint8Array | string)[]]>([
    ["cut short in its message", [message.slice(0, 7)]],
    ["cut short in its trailer", [message, fine.slice(0, 9)]],
    ["without a trailer", [message]],
    ["without a message", [fine]],
    ["with two messages", [message, message, fine]],
    ["empty", []],
    ["a page of HTML", ["<!doctype html><title>Log in</title>"]],
    ["no message of etcd's", [frame(0, new Uint8Array([0xff, 0xff])), fine]],
    ["of a status that there is not", [trailer("grpc-status: 99\r\n")]],
  ])("that is %s leaves the outcome of a write unknown, which is not repeated; a read is", async (_, parts) => {
    const writing = answeredBy(...parts);
    await expect(writing.etcd.put("a", "1")).rejects.toMatchObject({ outcome: "unknown", retryable: false });
    expect(writing.requests()).toBe(1);
    const reading = answeredBy(...parts);
    await expect(reading.etcd.get("a")).rejects.toMatchObject({ outcome: "not-applied" });
    expect(reading.requests()).toBe(2);
  });

  it("that is a stream cut short in a message is asked for again, and does not end the watch", async () => {
    const created = frame(0, new Uint8Array([0x0a, 0x04, 0x08, 0x05, 0x18, 0x07, 0x18, 0x01]));
    const { etcd, requests } = answeredBy(created, message.slice(0, 7));
    const watch = etcd.watch("a");
    expect(await watch.ready).toEqual({ revision: 7n });
    await vi.waitFor(() => expect(requests()).toBeGreaterThan(1), 5000);
    expect(watch.state).not.toBe("closed");
    await watch.cancel();
  });
});
