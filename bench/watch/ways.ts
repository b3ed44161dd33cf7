import { Etcd3 } from "etcd3";
import type { Etcd } from "../../src/index.ts";

/** A way to watch a key, from a revision on or from now. Resolves when it has begun, with what ends it. */
export type Watch = (key: string, from: bigint | undefined, onEvent: () => void) => Promise<() => unknown>;

export interface Ways {
  readonly fetcd: Watch;
  readonly raw: Watch;
  readonly etcd3: Watch;
  close(): Promise<void>;
}

/** As tables name them. */
export const names = { fetcd: "fetcd", raw: "split, JSON.parse", etcd3: "etcd3" } as const;
export type Way = keyof typeof names;
export const allWays: readonly Way[] = ["raw", "fetcd", "etcd3"];

/** Three ways to watch one etcd: our client, the least that somebody without one does, and the package `etcd3`. */
export function waysTo(endpoint: string, etcd: Etcd): Ways {
  const grpc = new Etcd3({ hosts: endpoint });
  return {
    async fetcd(key, from, onEvent) {
      const watch = etcd.watch(key, { from });
      await watch.ready;
      void (async () => {
        for await (const _ of watch) onEvent();
      })();
      return () => watch.cancel();
    },
    raw: (key, from, onEvent) => rawWatch(endpoint, key, from, onEvent),
    async etcd3(key, from, onEvent) {
      const builder = grpc.watch().key(key);
      const watcher = await (from === undefined ? builder : builder.startRevision(`${from}`)).create();
      watcher.on("put", onEvent);
      return () => watcher.cancel();
    },
    async close() {
      grpc.close();
      await etcd.close();
    },
  };
}

async function rawWatch(endpoint: string, key: string, from: bigint | undefined, onEvent: () => void) {
  const controller = new AbortController();
  const create = { key: btoa(key), ...(from === undefined ? {} : { start_revision: `${from}` }) };
  const body = JSON.stringify({ create_request: create });
  const answer = await fetch(`${endpoint}/v3/watch`, { method: "POST", body, signal: controller.signal });
  readLines(answer.body, onEvent).catch(() => undefined);
  return () => controller.abort();
}

/** The least that is to be done for an event: no key, value or number is turned into what a program uses. */
export async function readLines(bytes: ReadableStream<Uint8Array> | null, onEvent: () => void): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const piece of bytes ?? []) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { result } = JSON.parse(line) as { result: { events?: unknown[] } };
      for (const _ of result.events ?? []) onEvent();
    }
  }
}
