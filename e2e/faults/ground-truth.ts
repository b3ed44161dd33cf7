import type { Etcd as Server } from "../etcd.ts";

// What the store really holds, read without the client under test.

export interface Written {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  readonly version: number;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const text = (encoded: string | undefined): string => Buffer.from(encoded ?? "", "base64").toString();

interface Kv {
  readonly key: string;
  readonly value?: string;
  readonly version?: string;
  readonly mod_revision?: string;
}

/** The keys under a prefix, each with its value and how often it has been written since it was created. */
export async function stored(server: Server, prefix: string): Promise<Map<string, { value: string; version: number }>> {
  const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  const answer = await server.post("/v3/kv/range", { key: base64(prefix), range_end: base64(end) });
  if (answer.status !== 200) throw new Error(`the store answered ${answer.status}: ${answer.text}`);
  const { kvs = [] } = JSON.parse(answer.text) as { kvs?: Kv[] };
  return new Map(kvs.map(({ key, value, version }) => [text(key), { value: text(value), version: Number(version) }]));
}

/** Every change under a prefix since a revision, in order, up to now. */
export async function history(server: Server, prefix: string, from: bigint): Promise<Written[]> {
  const last = Number(await revisionOf(server));
  if (last < Number(from)) return [];
  const end = await server.post("/v3/kv/put", { key: base64(`${prefix}~end`), value: "" });
  if (end.status !== 200) throw new Error(`the store answered ${end.status}: ${end.text}`);
  const create = { key: base64(prefix), range_end: base64(`${prefix}~~`), start_revision: String(from) };
  const body = JSON.stringify({ create_request: create });
  const answer = await fetch(`${server.endpoints[0]}/v3/watch`, { method: "POST", body });
  const all: Written[] = [];
  let rest = "";
  for await (const piece of answer.body ?? []) {
    rest += Buffer.from(piece).toString("latin1");
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { result } = JSON.parse(line) as { result: { events?: { type?: string; kv: Kv }[] } };
      for (const { type, kv } of result.events ?? []) {
        const key = text(kv.key);
        // Leaving the loop cancels the body.
        if (key === `${prefix}~end`) return all;
        const kind = type === "DELETE" ? "delete" : "put";
        all.push({
          type: kind,
          key,
          value: text(kv.value),
          revision: Number(kv.mod_revision),
          version: Number(kv.version ?? 0),
        });
      }
    }
  }
  throw new Error("the watch for the history ended");
}

export async function revisionOf(server: Server): Promise<bigint> {
  const { text } = await server.post("/v3/kv/range", { key: base64("\0"), count_only: true });
  return BigInt((JSON.parse(text) as { header: { revision: string } }).header.revision);
}
