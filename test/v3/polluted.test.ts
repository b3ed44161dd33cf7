import type { DescMessage } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { createEtcd, type Etcd, EtcdError, op } from "../../src/index.ts";
import { encodeMessage } from "../../src/transport/codec/codec.ts";

/** A client, and the requests that it would have sent. */
function recorded(): { readonly etcd: Etcd; readonly sent: string[] } {
  const sent: string[] = [];
  const transport: Transport = {
    unary(method, _signal, _timeoutMs, _header, input) {
      sent.push(`${method.name} ${encodeMessage(method.input as DescMessage, input)}`);
      return Promise.reject(new EtcdError("not here", "PermissionDenied", { outcome: "not-applied" }));
    },
    stream: () => Promise.reject(new Error("not here")),
  };
  return { etcd: createEtcd({ transport }), sent };
}

const calls: Readonly<Record<string, (etcd: Etcd) => Promise<unknown>>> = {
  get: (etcd) => etcd.get("a"),
  range: (etcd) => etcd.range({ prefix: "a" }),
  count: (etcd) => etcd.count({ prefix: "a" }),
  keys: (etcd) => etcd.keys({ prefix: "a" }),
  scan: (etcd) => etcd.scan({ prefix: "a" }).next(),
  ls: (etcd) => etcd.ls("a").next(),
  put: (etcd) => etcd.put("a", ""),
  "put in a transaction": (etcd) => etcd.txn({ then: [op.put("a", "")] }),
  create: (etcd) => etcd.create("a", ""),
  delete: (etcd) => etcd.delete("a"),
  pop: (etcd) => etcd.pop("a"),
};

const polluted: Readonly<Record<string, unknown>> = {
  revision: 7n,
  serializable: true,
  limit: 1,
  keysOnly: true,
  sortBy: "value",
  minModRevision: 7n,
  lease: 7n,
  ignoreLease: true,
  ignoreValue: true,
  prev: true,
  guard: { modRevision: 7n },
  exactlyOnce: true,
  all: true,
  prefix: "b",
};

async function requestsOf(call: (etcd: Etcd) => Promise<unknown>): Promise<string[]> {
  const { etcd, sent } = recorded();
  await expect(call(etcd)).rejects.toMatchObject({ reason: "PermissionDenied" });
  return sent;
}

it.each(Object.keys(calls))("a property of Object.prototype is not an option of %s", async (name) => {
  const call = calls[name] as (etcd: Etcd) => Promise<unknown>;
  const expected = await requestsOf(call);
  for (const [option, value] of Object.entries(polluted)) {
    Object.defineProperty(Object.prototype, option, { value, configurable: true, writable: true });
    try {
      expect(await requestsOf(call), option).toEqual(expected);
    } finally {
      Reflect.deleteProperty(Object.prototype, option);
    }
  }
});
