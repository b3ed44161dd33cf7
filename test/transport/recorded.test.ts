import {
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  fromJson,
  type JsonValue,
} from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { KV } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { gatewayTransport, type GatewayTransport } from "../../src/transport/gateway-transport.ts";
import { routeOf } from "../../src/transport/codec/rpc-path.ts";
import { allMethods, isStreaming, isUnary } from "./api.ts";
import { call, drain, open } from "./transport-calls.ts";
import { etcdErrorOf, thrownBy } from "./etcd-error.ts";
import { lostAnswer } from "./network-failures.ts";
import { type Recorded, recordedAnswers, versions } from "./recorded-answers.ts";
import { casesWithRows, expectedFailure, notReplayed } from "./recorded-outcomes.ts";
import { bodyOf, scriptedFetch, silentFetch } from "./scripted-fetch.ts";

const byRoute = new Map<string, DescMethod>();
for (const method of allMethods) {
  const route = routeOf(method);
  if (route !== undefined) byRoute.set(route, method);
}

/** The RPC that was asked for, or one that the answer could be to where the path is not ours. */
function methodOf({ request }: Recorded): DescMethod {
  return byRoute.get(request.path.replace(/^\/v3(?:beta)?\/(?:kv\/(?=lease))?/, "/v3/")) ?? KV.method.range;
}

function replay({ response }: Recorded, chunkSize: number): GatewayTransport {
  const { status, headers = {}, body, end } = response;
  if (status === null) return gatewayTransport({ fetch: silentFetch().fetch });
  const bytes = new TextEncoder().encode(body);
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < bytes.length; i += chunkSize) chunks.push(bytes.subarray(i, i + chunkSize));
  const ending = end === "eof" ? "close" : end === "client-abort" ? "open" : { error: lostAnswer() };
  return gatewayTransport({
    fetch: scriptedFetch(() => new Response(bodyOf(chunks, ending).body, { status, headers })).fetch,
  });
}

/** What protobuf-es itself makes of the same JSON. */
const reference = (desc: DescMessage, json: JsonValue): unknown => fromJson(desc, json, { ignoreUnknownFields: true });

const recordedStream = (body: string): JsonValue[] =>
  body
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JsonValue);

const resultIn = (line: JsonValue): JsonValue | undefined =>
  typeof line === "object" && line !== null && !Array.isArray(line) ? line["result"] : undefined;

/** Long enough for an answer out of memory, short enough for the cases in which etcd never answers. */
const timeoutMs = 50;

describe.each(versions)("answers recorded from etcd %s", (version) => {
  const cases = recordedAnswers(version).filter(({ case: name }) => notReplayed[name] === undefined);

  it.each(cases.map((each) => [each.case, each] as const))("%s", async (name, recorded) => {
    const failure = expectedFailure(name, version);
    const method = methodOf(recorded);
    const { body, status } = recorded.response;
    const settings = status === null ? { timeoutMs } : {};
    for (const chunkSize of status === null ? [1] : [Infinity, 7, 1]) {
      const transport = replay(recorded, chunkSize);
      if (!recorded.request.path.startsWith("/v3") && recorded.request.method !== "POST") {
        const get = transport.get(recorded.request.path, { signal: undefined });
        if (failure === undefined) expect(await get).toBe(body);
        else expect(await etcdErrorOf(get)).toMatchObject(failure);
      } else if (isUnary(method)) {
        const answer = call(transport, method, {}, settings);
        if (failure === undefined)
          expect(await answer).toEqual(reference(method.output, JSON.parse(body) as JsonValue));
        else expect(await etcdErrorOf(answer)).toMatchObject(failure);
      } else if (isStreaming(method)) {
        await expectStream(transport, method, recorded, failure, settings);
      }
    }
  });
});

async function expectStream(
  transport: GatewayTransport,
  method: DescMethodStreaming,
  { response }: Recorded,
  failure: object | undefined,
  settings: { timeoutMs?: number },
): Promise<void> {
  const { status, body, end } = response;
  if (status !== 200) {
    expect(await etcdErrorOf(open(transport, method, [], settings))).toMatchObject(failure ?? { reason: "a refusal" });
    return;
  }
  const expected = recordedStream(body)
    .map(resultIn)
    .filter((result) => result !== undefined);
  const stop = new AbortController();
  const messages = await open(transport, method, [], { signal: stop.signal });
  if (end === "client-abort") {
    const iterator = messages[Symbol.asyncIterator]();
    for (const result of expected) expect((await iterator.next()).value).toEqual(reference(method.output, result));
    await iterator.return?.();
    return;
  }
  const { values, error } = await drain(messages);
  expect(values).toEqual(expected.map((result) => reference(method.output, result)));
  if (failure === undefined) expect(error).toBeUndefined();
  else
    expect(
      await etcdErrorOf(() => {
        throw error;
      }),
    ).toMatchObject(failure);
}

describe("the table of recorded answers", () => {
  const known = new Set(versions.flatMap((version) => recordedAnswers(version).map(({ case: name }) => name)));

  it("names only cases that were recorded", () => {
    expect([...casesWithRows, ...Object.keys(notReplayed)].filter((name) => !known.has(name))).toEqual([]);
  });

  it("holds no case twice", () => {
    expect(casesWithRows.filter((name) => notReplayed[name] !== undefined)).toEqual([]);
  });

  it("would notice an answer that is not what it expects", async () => {
    const [first] = recordedAnswers("3.6.14").filter(({ case: name }) => name === "kv-range-one");
    if (first === undefined) expect.fail("no such case");
    const damaged = { ...first, response: { ...first.response, body: first.response.body.slice(0, -1) } };
    expect(await thrownBy(call(replay(damaged, 7), KV.method.range, {}))).toMatchObject({
      reason: "MalformedResponse",
    });
  });
});
