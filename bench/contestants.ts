import { Etcd3 } from "etcd3";
import type { Etcd, EtcdOptions } from "../src/index.ts";

/** Of the contestants, as columns and in code. */
export const names = {
  fetcd: "fetcd",
  batched: "fetcd, batchReads",
  fetch: "fetch",
  bounded: "fetch, time-out",
  buffer: "fetch, Buffer",
  etcd3: "etcd3",
} as const;

/** One way to talk to etcd. Values go in and come out as bytes everywhere; that is what etcd stores. */
export interface Contestant {
  readonly name: string;
  get(key: string): Promise<unknown>;
  put(key: string, value: Uint8Array): Promise<unknown>;
  /** All keys that start with `prefix`, with their values and revisions. */
  range(prefix: string): Promise<unknown>;
}

/** The client with its default options apart from those given. `createEtcd` is the built one. */
export function fetcd(
  name: string,
  endpoint: string,
  createEtcd: (options: EtcdOptions) => Etcd,
  options: { readonly batchReads?: boolean } = {},
): Contestant {
  const etcd = createEtcd({ endpoints: endpoint, ...options });
  return {
    name,
    get: (key) => etcd.get(key),
    put: (key, value) => etcd.put(key, value),
    range: (prefix) => etcd.range({ prefix }),
  };
}

/** The package `etcd3`, over gRPC. `exec` is how it gives a value together with its revisions. */
export function etcd3(name: string, endpoint: string): Contestant & { close(): void } {
  const client = new Etcd3({ hosts: endpoint });
  return {
    name,
    get: (key) => client.get(key).exec(),
    put: (key, value) =>
      client
        .put(key)
        .value(Buffer.from(value.buffer, value.byteOffset, value.length))
        .exec(),
    range: (prefix) => client.getAll().prefix(prefix).exec(),
    close: () => client.close(),
  };
}

interface Base64 {
  encode(bytes: Uint8Array): string;
  decode(text: string): Uint8Array;
}

/** The fastest of the usual ways that run everywhere: `btoa` and `atob`, with a loop and not with a callback per byte. */
const portable: Base64 = {
  encode(bytes) {
    let binary = "";
    for (let i = 0; i < bytes.length; i += 8192) {
      binary += String.fromCharCode.apply(null, bytes.subarray(i, i + 8192) as unknown as number[]);
    }
    return btoa(binary);
  },
  decode(text) {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  },
};

const buffer: Base64 = {
  encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"),
  decode: (text) => Buffer.from(text, "base64"),
};

interface JsonKeyValue {
  readonly key: string;
  readonly value: string;
  readonly create_revision: string;
  readonly mod_revision: string;
  readonly version: string;
}

/**
 * What somebody without a client writes: `fetch`, `JSON.stringify`, `JSON.parse`, and values turned into what a program
 * uses. No retry, no checks but that of the status, no limit of time unless `timeoutMs` is given.
 */
export function rawFetch(
  name: string,
  endpoint: string,
  { base64 = "portable", timeoutMs }: { readonly base64?: "portable" | "Buffer"; readonly timeoutMs?: number } = {},
): Contestant {
  const { encode, decode } = base64 === "portable" ? portable : buffer;
  const entryOf = (kv: JsonKeyValue): object => ({
    key: atob(kv.key),
    value: decode(kv.value),
    createRevision: BigInt(kv.create_revision),
    modRevision: BigInt(kv.mod_revision),
    version: BigInt(kv.version),
  });

  async function unbounded<T>(path: string, message: object, init: RequestInit = {}): Promise<T> {
    const response = await fetch(endpoint + path, { ...init, method: "POST", body: JSON.stringify(message) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async function bounded<T>(path: string, message: object): Promise<T> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    try {
      return await unbounded<T>(path, message, { signal: controller.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  const post = timeoutMs === undefined ? unbounded : bounded;

  return {
    name,
    async get(key) {
      const { kvs } = await post<{ kvs?: JsonKeyValue[] }>("/v3/kv/range", { key: btoa(key) });
      return kvs?.[0] === undefined ? null : entryOf(kvs[0]);
    },
    async put(key, value) {
      const message = { key: btoa(key), value: encode(value) };
      const { header } = await post<{ header: { revision: string } }>("/v3/kv/put", message);
      return BigInt(header.revision);
    },
    async range(prefix) {
      const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
      const message = { key: btoa(prefix), range_end: btoa(end) };
      const { kvs = [] } = await post<{ kvs?: JsonKeyValue[] }>("/v3/kv/range", message);
      return kvs.map(entryOf);
    },
  };
}
