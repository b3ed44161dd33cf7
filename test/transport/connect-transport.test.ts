import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { KV, Watch } from "../../src/transport/codec/services.ts";
import { createGatewayTransport } from "../../src/transport/connect-transport.ts";
import { EtcdError } from "../../src/transport/errors/etcd-error.ts";
import { thrownBy } from "./etcd-error.ts";
import { scriptedFetch } from "./scripted-fetch.ts";

const refusal = '{"error":"etcdserver: permission denied","code":7,"message":"etcdserver: permission denied"}';

describe("the transport for Connect's own clients", () => {
  it("rejects with a ConnectError, whose cause is the EtcdError", async () => {
    const { fetch } = scriptedFetch(() => new Response(refusal, { status: 403 }));
    const client = createClient(KV, createGatewayTransport({ fetch }));
    const error = await thrownBy(() => client.range({ key: new Uint8Array([97]) }));
    expect(error).toBeInstanceOf(ConnectError);
    expect(ConnectError.from(error)).toBe(error);
    expect(error).toMatchObject({ code: Code.PermissionDenied, rawMessage: "etcdserver: permission denied" });
    const { cause } = error as ConnectError;
    expect(EtcdError.is(cause) && cause.reason).toBe("PermissionDenied");
  });

  it("does so for a stream that breaks, too", async () => {
    const line = '{"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: server stopped"}}\n';
    const { fetch } = scriptedFetch(() => new Response(line));
    const client = createClient(Watch, createGatewayTransport({ fetch }));
    const error = await thrownBy(async () => {
      for await (const answer of client.watch(messages())) expect.fail(JSON.stringify(answer));
    });
    expect(error).toBeInstanceOf(ConnectError);
    expect(EtcdError.is((error as ConnectError).cause)).toBe(true);
  });

  it("rejects with the caller's own reason when its signal aborts", async () => {
    const client = createClient(KV, createGatewayTransport({ fetch: () => new Promise(() => undefined) }));
    const controller = new AbortController();
    const answer = client.range({ key: new Uint8Array([97]) }, { signal: controller.signal });
    controller.abort(new RangeError("enough"));
    expect(await thrownBy(() => answer)).toBeInstanceOf(RangeError);
  });
});

async function* messages(): AsyncGenerator<Record<string, never>> {
  yield* [{}];
}
