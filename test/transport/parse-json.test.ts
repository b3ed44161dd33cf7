import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "../../src/transport/codec/codec.ts";
import { parseJson, TooManyObjects } from "../../src/transport/codec/parse-json.ts";
import { defaultMaxLineBytes } from "../../src/transport/http/json-lines.ts";
import { Cluster, KV, Lease, Maintenance, Watch } from "../../src/transport/codec/services.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const header = '"header":{"cluster_id":"1","revision":"5"}';
const size = 1 << 20;
const filled = (piece: string): string => piece.repeat(size / piece.length).slice(0, -1);

/** The thinnest texts that pass, of the kinds that become most of them. */
const shapes = {
  "entries without anything": [KV.method.range.output, `{${header},"kvs":[${filled("{            },")}]}`],
  "entries with a key": [KV.method.range.output, `{${header},"kvs":[${filled('{"key":"AA=="},')}]}`],
  "entries with key and value": [
    KV.method.range.output,
    `{${header},"kvs":[${filled('{"key":"AA==","value":"AA=="},')}]}`,
  ],
  members: [Cluster.method.memberList.output, `{${header},"members":[${filled("{            },")}]}`],
  leases: [Lease.method.leaseLeases.output, `{${header},"leases":[${filled("{            },")}]}`],
  alarms: [Maintenance.method.alarm.output, `{${header},"alarms":[${filled("{            },")}]}`],
  events: [
    Watch.method.watch.output,
    `{${header},"events":[${filled('{"kv":{},"prev_kv":{}                       },')}]}`,
  ],
  "lists that nobody knows": [KV.method.range.output, `{${header},"x":[${filled("[            ],")}]}`],
  "lists in lists": [
    KV.method.range.output,
    `{${header},"x":${"[             ".repeat(size / 15)}${"]".repeat(size / 15)}}`,
  ],
  numbers: [KV.method.range.output, `{${header},"x":["",${filled("1.5,")}]}`],
  texts: [KV.method.range.output, `{${header},"x":[${filled('"a",')}]}`],
} as const;

describe("the memory that an answer takes", () => {
  it.each(Object.entries(shapes))("is at most 40 bytes for each of its own: %s", (_, [desc, text]) => {
    collect();
    const before = process.memoryUsage();
    const json = parseJson(text);
    const message = decodeMessage(desc, json);
    collect();
    const after = process.memoryUsage();
    const taken = after.heapUsed + after.external - before.heapUsed - before.external;
    expect([json, message]).toHaveLength(2);
    expect(taken / text.length).toBeLessThan(40);
  });

  it.each([
    ["empty objects", `{${header},"kvs":[${filled("{},")}]}`],
    ["empty lists", `{${header},"x":[${filled("[],")}]}`],
    ["lists in lists", "[".repeat(size / 2) + "]".repeat(size / 2)],
    ["objects in objects", '{"a":'.repeat(20_000) + 1 + "}".repeat(20_000)],
  ])("would be more: %s are refused before they are parsed", (_, text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it("is bounded by the largest answer allowed, whatever the text", () => {
    const text = `[${'{"key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="},'.repeat(20_000)}{}]`;
    expect(parseJson(text)).toHaveLength(20_001);
    expect(() => parseJson(text, 900_000)).toThrow(TooManyObjects);
    expect(parseJson(text, 48 * 20_000)).toHaveLength(20_001);
  });

  it("has room for the shortest events that fill the longest line", () => {
    const event =
      '{"kv":{"key":"bGl2ZS8xLTE=","create_revision":"12","mod_revision":"12","version":"1","value":"MQ=="}},';
    const text = `{${header},"events":[${event.repeat(defaultMaxLineBytes / event.length - 1).slice(0, -1)}]}`;
    expect(parseJson(text, defaultMaxLineBytes)).toHaveProperty("events.length", 82_240);
  });
});

describe("what etcd answers is never taken for an attack", () => {
  it.each([
    ["leases with the shortest ids", Array.from({ length: 99_999 }, (_, i) => ({ ID: String(i + 1) }))],
    [
      "the shortest results of a transaction",
      Array.from({ length: 50_000 }, () => ({ response_put: { header: { revision: "2" } } })),
    ],
    ["brackets inside of texts", Array.from({ length: 1000 }, () => ({ value: '{"[{\\"'.repeat(100) }))],
    ["a text that ends in a backslash", Array.from({ length: 5000 }, () => ["\\".repeat(50), '"[{'])],
  ])("%s", (_, json) => {
    expect(parseJson(JSON.stringify(json))).toEqual(json);
  });
});
