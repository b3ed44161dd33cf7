import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { RangeResponseSchema } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { WatchResponseSchema } from "../../src/gen/etcdserverpb/watch_pb.ts";
import { createGrpcWebTransport } from "../../src/grpc-web/index.ts";
import { createEtcd, discover, EtcdError } from "../../src/index.ts";
import { mutated, mutations } from "./mutate.ts";

const timeoutMs = 200;

/** What a DNS service says, mutated: `discover` finds endpoints, or says that there are none. */
const dnsAnswers = fc.asyncProperty(fc.array(mutations, { minLength: 1, maxLength: 3 }), async (changes) => {
  const Answer = [1, 2].map((n) => ({ name: "x", type: 33, TTL: 60, data: `${n} 5 2379 etcd-${n}.example.com.` }));
  const body = changes.reduce(mutated, JSON.stringify({ Status: 0, Answer }));
  const status = changes.find((change) => change.kind === "status")?.status ?? 200;
  const fetch = async (): Promise<Response> => new Response(body, { status });
  try {
    const endpoints = await discover("example.com", { resolver: "https://dns.example", fetch, timeoutMs });
    for (const endpoint of endpoints) {
      if (!/^https:\/\/[\w.-]+:\d+$/.test(endpoint)) throw new Error(`discover leads to ${endpoint}`);
    }
  } catch (error) {
    if (!EtcdError.is(error)) throw error;
  }
});

const header = { clusterId: 1n, memberId: 1n, revision: 5n, raftTerm: 1n };
const kv = { key: Uint8Array.of(97), value: Uint8Array.of(49), createRevision: 2n, modRevision: 2n, version: 1n };

function frame(flags: number, bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(5 + bytes.length);
  new DataView(framed.buffer).setUint32(1, bytes.length);
  framed[0] = flags;
  framed.set(bytes, 5);
  return framed;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const trailer = frame(0x80, new TextEncoder().encode("grpc-status: 0\r\n"));
const answers = {
  get: joined([frame(0, toBinary(RangeResponseSchema, create(RangeResponseSchema, { header, kvs: [kv] }))), trailer]),
  watch: joined([
    frame(0, toBinary(WatchResponseSchema, create(WatchResponseSchema, { header, created: true }))),
    frame(0, toBinary(WatchResponseSchema, create(WatchResponseSchema, { header, events: [{ kv }] }))),
    trailer,
  ]),
};

/** What a gRPC-Web proxy says, with some bytes changed, more or fewer. */
const grpcWebAnswers = fc.asyncProperty(
  fc.constantFrom<"get" | "watch">("get", "watch"),
  fc.array(fc.record({ at: fc.nat(), byte: fc.option(fc.integer({ min: 0, max: 255 })) }), { maxLength: 8 }),
  fc.option(fc.nat()),
  fc.constantFrom(200, 200, 200, 302, 403, 503),
  async (what, changes, end, status) => {
    const bytes = answers[what].slice();
    for (const { at, byte } of changes) bytes[at % bytes.length] = byte ?? 0xff;
    const body = end === null ? bytes : bytes.slice(0, end % (bytes.length + 1));
    const fetch = async (): Promise<Response> =>
      new Response(body, { status, headers: { "content-type": "application/grpc-web+proto" } });
    const transport = createGrpcWebTransport({ baseUrl: "http://127.0.0.1:8080", fetch });
    const etcd = createEtcd({ transport, timeoutMs, retry: false });
    const controller = new AbortController();
    const enough = new Error("enough");
    const timer = setTimeout(() => controller.abort(enough), timeoutMs);
    try {
      if (what === "get") await etcd.get("a", { signal: controller.signal });
      else for await (const _ of etcd.watch("a", { signal: controller.signal })) break;
    } catch (error) {
      if (error !== enough && !EtcdError.is(error)) throw error;
    } finally {
      clearTimeout(timer);
      await etcd.close();
    }
  },
);

/** Runs `count` answers through the readers that are not behind the JSON gateway. */
export async function runDecoders(count: number): Promise<void> {
  await fc.assert(dnsAnswers, { numRuns: count });
  await fc.assert(grpcWebAnswers, { numRuns: count });
}
