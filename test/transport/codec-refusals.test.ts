import { create, type DescMessage } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { AuthenticateRequestSchema } from "../../src/gen/etcdserverpb/auth_pb.ts";
import {
  KV,
  PutRequestSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  type TxnRequest,
  TxnRequestSchema,
  TxnResponseSchema,
} from "../../src/gen/etcdserverpb/kv_pb.ts";
import { LeaseGrantRequestSchema } from "../../src/gen/etcdserverpb/lease_pb.ts";
import {
  AlarmResponseSchema,
  HashResponseSchema,
  StatusResponseSchema,
} from "../../src/gen/etcdserverpb/maintenance_pb.ts";
import { WatchRequestSchema } from "../../src/gen/etcdserverpb/watch_pb.ts";
import { decodeMessage, encodeMessage } from "../../src/transport/codec/codec.ts";
import { gatewayTransport } from "../../src/transport/gateway-transport.ts";
import { call, range } from "./transport-calls.ts";
import { etcdErrorOf, passwordCanary } from "./etcd-error.ts";
import { okJson, scriptedFetch } from "./scripted-fetch.ts";

const key = new Uint8Array([1]);

/** Values outside their types: TypeScript would refuse most of them, JavaScript callers and casts do not. */
const unsendable: readonly (readonly [
  title: string,
  desc: DescMessage,
  message: Record<string, unknown>,
  where: string,
])[] = [
  ["an enum number without a name", RangeRequestSchema, { key, sortOrder: 7 }, "RangeRequest.sortOrder"],
  ["an enum by its name", RangeRequestSchema, { key, sortOrder: "ASCEND" }, "RangeRequest.sortOrder"],
  ["an enum that is not a number", RangeRequestSchema, { key, sortOrder: NaN }, "RangeRequest.sortOrder"],
  [
    "an unknown enum number in a list",
    WatchRequestSchema,
    {
      requestUnion: { case: "createRequest", value: { key, filters: [0, 9] } },
    },
    "WatchRequest.createRequest.filters[1]",
  ],
  ["a number for an int64", RangeRequestSchema, { key, limit: 5 }, "RangeRequest.limit"],
  ["a float for an int64", RangeRequestSchema, { key, revision: 1.5 }, "RangeRequest.revision"],
  ["NaN for an int64", LeaseGrantRequestSchema, { TTL: NaN }, "LeaseGrantRequest.TTL"],
  ["an int64 as a string", RangeRequestSchema, { key, limit: "5" }, "RangeRequest.limit"],
  ["an int64 that is too large", RangeRequestSchema, { key, revision: 2n ** 63n }, "RangeRequest.revision"],
  ["an int64 that is too small", PutRequestSchema, { key, lease: -(2n ** 63n) - 1n }, "PutRequest.lease"],
  ["a negative uint64", HashResponseSchema, { header: { clusterId: -1n } }, "HashResponse.header.clusterId"],
  [
    "a uint64 that is too large",
    HashResponseSchema,
    { header: { clusterId: 2n ** 64n } },
    "HashResponse.header.clusterId",
  ],
  ["a float for a uint32", HashResponseSchema, { hash: 0.5 }, "HashResponse.hash"],
  ["a uint32 that is too large", HashResponseSchema, { hash: 2 ** 32 }, "HashResponse.hash"],
  ["a bigint for a uint32", HashResponseSchema, { hash: 1n }, "HashResponse.hash"],
  ["a lone high surrogate", AuthenticateRequestSchema, { name: "a\ud800" }, "AuthenticateRequest.name"],
  ["a lone low surrogate", AuthenticateRequestSchema, { name: "\udc00a" }, "AuthenticateRequest.name"],
  ["bytes for a string", AuthenticateRequestSchema, { name: key }, "AuthenticateRequest.name"],
  ["a string for bytes", PutRequestSchema, { key: "a" }, "PutRequest.key"],
  ["an array for bytes", PutRequestSchema, { key: [1] }, "PutRequest.key"],
  ["a truthy value for a boolean", RangeRequestSchema, { key, keysOnly: 1 }, "RangeRequest.keysOnly"],
  ["null for a boolean", RangeRequestSchema, { key, keysOnly: null }, "RangeRequest.keysOnly"],
  ["a single value for a list", TxnRequestSchema, { success: {} }, "TxnRequest.success"],
  ["a hole in a list", TxnRequestSchema, { success: [undefined] }, "TxnRequest.success[0]"],
  ["a string for a message", HashResponseSchema, { header: "x" }, "HashResponse.header"],
  [
    "a bad value deep inside",
    TxnRequestSchema,
    {
      success: [{ request: { case: "requestPut", value: { key, lease: 1 } } }],
    },
    "TxnRequest.success[0].requestPut.lease",
  ],
];

describe("a message that cannot be sent", () => {
  it.each(unsendable)("G4: %s is refused by its place in the message", async (_, desc, message, where) => {
    const error = await etcdErrorOf(() => encodeMessage(desc, message));
    expect(error).toMatchObject({
      reason: "InvalidArgument",
      code: Code.InvalidArgument,
      outcome: "not-applied",
      attempts: [],
    });
    expect(error.message).toContain(`${where}: `);
  });

  it("G1: pairs of surrogates and every other character pass", () => {
    const name = "a\u{1f600}\u{10ffff}\u0000\uffff";
    expect(JSON.parse(encodeMessage(AuthenticateRequestSchema, { name }))).toEqual({ name });
  });

  it("is refused before anything is sent", async () => {
    const { fetch, sent } = scriptedFetch(() => okJson());
    const transport = gatewayTransport({ fetch });
    await etcdErrorOf(call(transport, KV.method.range, { key, limit: 2n ** 63n }));
    expect(sent).toEqual([]);
  });

  it("does not show a string that is wrong, which may be a password", async () => {
    await etcdErrorOf(() =>
      encodeMessage(AuthenticateRequestSchema, { name: "root", password: `${passwordCanary}\ud800` }),
    );
  });

  it("a property of Object.prototype is not sent", () => {
    const polluted: Record<string, unknown> = {
      lease: 5n,
      ignoreValue: true,
      requestUnion: { case: "progressRequest", value: {} },
    };
    const names = Object.keys(polluted);
    const written: string[] = [];
    try {
      for (const name of names) {
        Object.defineProperty(Object.prototype, name, {
          value: polluted[name],
          configurable: true,
          enumerable: true,
          writable: true,
        });
      }
      written.push(encodeMessage(PutRequestSchema, { key }), encodeMessage(WatchRequestSchema, {}));
    } finally {
      for (const name of names) Reflect.deleteProperty(Object.prototype, name);
    }
    expect(written).toEqual(['{"key":"AQ=="}', "{}"]);
  });

  const nested = (levels: number): TxnRequest => {
    let txn = create(TxnRequestSchema);
    for (let i = 0; i < levels; i++)
      txn = create(TxnRequestSchema, { success: [{ request: { case: "requestTxn", value: txn } }] });
    return txn;
  };

  it("nests up to 64 messages deep, and no deeper", async () => {
    expect(encodeMessage(TxnRequestSchema, nested(32))).toContain("request_txn");
    for (const levels of [33, 5000]) {
      expect(await etcdErrorOf(() => encodeMessage(TxnRequestSchema, nested(levels)))).toMatchObject({
        reason: "InvalidArgument",
      });
    }
  });

  it("a message that contains itself is refused instead of exhausting the stack", async () => {
    const txn = create(TxnRequestSchema, { success: [{ request: { case: "requestTxn", value: {} } }] });
    const [op] = txn.success;
    if (op?.request.case !== "requestTxn") expect.fail("not built as asked");
    op.request.value = txn;
    expect(await etcdErrorOf(() => encodeMessage(TxnRequestSchema, txn))).toMatchObject({ reason: "InvalidArgument" });
  });
});

const header = { cluster_id: "1" };
const answer = (kv: object): object => ({ header, kvs: [kv] });

/** Answers with a wrong value somewhere, decoded by hand and from the descriptor. */
const unreadable: readonly (readonly [title: string, desc: DescMessage, json: unknown])[] = [
  ["G6: base64 with a letter that it does not have", RangeResponseSchema, answer({ key: "a*==" })],
  ["G6: base64 without padding", RangeResponseSchema, answer({ key: "YQ" })],
  ["G6: url-safe base64", RangeResponseSchema, answer({ key: "-_8=" })],
  ["G6: base64 with white space", RangeResponseSchema, answer({ key: "YQ =" })],
  ["G6: base64 with stray bits", RangeResponseSchema, answer({ key: "YR==" })],
  ["bytes that are a number", RangeResponseSchema, answer({ value: 5 })],
  ["an int64 with a letter", RangeResponseSchema, answer({ lease: "12x" })],
  ["an int64 in hexadecimal", RangeResponseSchema, answer({ lease: "0x10" })],
  ["an int64 with an exponent", RangeResponseSchema, answer({ lease: "1e3" })],
  ["an int64 with a space before it", RangeResponseSchema, answer({ lease: " 1" })],
  ["an int64 with a line break behind it", RangeResponseSchema, answer({ lease: "12\n" })],
  ["an int64 with leading zeros", RangeResponseSchema, answer({ lease: "012" })],
  ["an int64 that is minus alone", RangeResponseSchema, answer({ lease: "-" })],
  ["an int64 that is minus zero", RangeResponseSchema, answer({ lease: "-0" })],
  ["an empty int64", RangeResponseSchema, answer({ lease: "" })],
  ["an int64 that is too large", RangeResponseSchema, answer({ lease: "9223372036854775808" })],
  ["an int64 that is too small", RangeResponseSchema, answer({ lease: "-9223372036854775809" })],
  ["a negative uint64", RangeResponseSchema, { header: { cluster_id: "-1" } }],
  ["a uint64 that is too large", RangeResponseSchema, { header: { cluster_id: "18446744073709551616" } }],
  ["a uint64 that is too large, from the descriptor", StatusResponseSchema, { header, leader: "18446744073709551616" }],
  ["a negative uint64 as a number", StatusResponseSchema, { header, leader: -1 }],
  ["an int64 as a float", RangeResponseSchema, { header, count: 1.5 }],
  ["an int64 as a number that is not exact", RangeResponseSchema, { header, count: 2 ** 53 }],
  ["a boolean in quotes", RangeResponseSchema, { header, more: "true" }],
  ["an object for a list", RangeResponseSchema, { header, kvs: {} }],
  ["a string for a message", RangeResponseSchema, { header, kvs: ["x"] }],
  ["null in a list of messages", RangeResponseSchema, { header, kvs: [null] }],
  ["a list for the header", RangeResponseSchema, { header: [] }],
  ["a number for a string", StatusResponseSchema, { header, version: 3 }],
  ["a uint32 that is too large", HashResponseSchema, { header, hash: 2 ** 32 }],
  ["a uint32 in hexadecimal", HashResponseSchema, { header, hash: "0x1" }],
  ["a negative uint32", HashResponseSchema, { header, hash: -1 }],
  ["an enum that is a float", AlarmResponseSchema, { header, alarms: [{ alarm: 0.5 }] }],
  ["an answer that is a list", RangeResponseSchema, [{ header }]],
  ["an answer that is null", RangeResponseSchema, null],
  ["an answer that is a string", RangeResponseSchema, "header"],
];

describe("an answer that cannot be read", () => {
  const methods = new Map<DescMessage, Parameters<typeof call>[1]>([[RangeResponseSchema, KV.method.range]]);

  it.each(unreadable)("%s", async (_, desc, json) => {
    expect(() => decodeMessage(desc, json)).toThrow();
    const method = methods.get(desc);
    if (method === undefined) return;
    const { fetch } = scriptedFetch(() => Response.json(json));
    expect(await etcdErrorOf(call(gatewayTransport({ fetch }), method, {}))).toMatchObject({
      reason: "MalformedResponse",
      code: Code.Internal,
      outcome: "unknown",
    });
  });

  it("int64 stays exact at its ends, as string and as number", () => {
    const count = (value: unknown): unknown => decodeMessage(RangeResponseSchema, { header, count: value }).count;
    expect(count("9223372036854775807")).toBe(2n ** 63n - 1n);
    expect(count("-9223372036854775808")).toBe(-(2n ** 63n));
    expect(count("9007199254740993")).toBe(2n ** 53n + 1n);
    expect(count(2 ** 53 - 1)).toBe(2n ** 53n - 1n);
    expect(count(-7)).toBe(-7n);
  });

  it("an integer of a million digits is refused at once", () => {
    const lease = "9".repeat(1_000_000);
    const before = performance.now();
    expect(() => decodeMessage(RangeResponseSchema, answer({ lease }))).toThrow("64-bit");
    expect(performance.now() - before).toBeLessThan(500);
  });

  it("B26: an enum name or number of a newer server is taken as protobuf takes it", () => {
    const [named] = decodeMessage(AlarmResponseSchema, { header, alarms: [{ alarm: "MELTDOWN" }] }).alarms;
    const [numbered] = decodeMessage(AlarmResponseSchema, { header, alarms: [{ alarm: 2 }] }).alarms;
    expect([named?.alarm, numbered?.alarm]).toEqual([0, 2]);
  });

  const nested = (levels: number): string => {
    const open = '{"header":{},"responses":[{"response_txn":';
    return `${open.repeat(levels)}{"header":{}}${"}]}".repeat(levels)}`;
  };

  it("nested transactions are read 64 messages deep, and no deeper", () => {
    expect(decodeMessage(TxnResponseSchema, JSON.parse(nested(32))).responses).toHaveLength(1);
    for (const levels of [33, 1000])
      expect(() => decodeMessage(TxnResponseSchema, JSON.parse(nested(levels)))).toThrow("64");
  });

  it("a hundred thousand brackets are an error, not the end of the process", async () => {
    const body = `{"header":{},"kvs":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const { fetch } = scriptedFetch(() => new Response(body));
    expect(await etcdErrorOf(range(gatewayTransport({ fetch })))).toMatchObject({ reason: "MalformedResponse" });
  });

  it("G7: __proto__ and constructor in an answer change no prototype", () => {
    const json: unknown = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"header":{"__proto__":{"polluted":1}},"kvs":[{"__proto__":{"key":"YQ=="}}]}',
    );
    const message = decodeMessage(RangeResponseSchema, json);
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(message.header)).toBe(Object.prototype);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});
