import type { Fetch } from "../../src/transport/http/http.ts";
import type { Etcd as Server } from "../etcd.ts";

// A catch-up as a server sent it, to be cut wherever a connection can break.

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Writes `revisions` revisions of puts, deletes and transactions under a prefix. Resolves with the first of them. */
export async function writeHistory(server: Server, prefix: string, revisions: number): Promise<bigint> {
  let first = 0n;
  const post = async (path: string, body: unknown): Promise<void> => {
    const { status, text } = await server.post(path, body);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
    const { revision } = (JSON.parse(text) as { header: { revision: string } }).header;
    first ||= BigInt(revision);
  };
  const write = async (i: number): Promise<void> => {
    const key = base64(`${prefix}${i % 7}`);
    if (i % 10 === 3) await post("/v3/kv/deleterange", { key: base64(`${prefix}${(i - 1) % 7}`) });
    // A delete of what is not there is no revision.
    await post("/v3/kv/put", { key, value: base64(`${i}`) });
  };
  for (let i = 0; i < revisions; i += 50) {
    await write(i);
    await Promise.all(Array.from({ length: 49 }, (_, j) => write(i + j + 1)));
  }
  const puts = ["x", "y", "z"].map((key) => ({ request_put: { key: base64(prefix + key), value: "" } }));
  await post("/v3/kv/txn", { success: puts });
  return first;
}

/** The bytes of the answer to a watch from a revision on, up to the line that holds the last one. */
export async function record(server: Server, prefix: string, from: bigint, last: bigint): Promise<Uint8Array> {
  const end = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
  const create = {
    key: base64(prefix),
    range_end: base64(end),
    start_revision: `${from}`,
    watch_id: "1",
    fragment: true,
  };
  const body = JSON.stringify({ create_request: create });
  const answer = await fetch(`${server.endpoints[0]}/v3/watch`, { method: "POST", body });
  const pieces: Buffer[] = [];
  for await (const piece of answer.body ?? []) {
    pieces.push(Buffer.from(piece));
    const text = Buffer.concat(pieces.slice(-3)).toString("latin1");
    if (text.includes(`"mod_revision":"${last}"`) && text.endsWith("\n")) break;
  }
  return Uint8Array.from(Buffer.concat(pieces));
}

/** What a fetch answers to the first watch that it sees: the beginning of a recording, and then the end. */
export function cutting(bytes: Uint8Array, at: number, how: "end" | "error"): Fetch {
  let cut = false;
  return (url, init) => {
    if (cut || !url.endsWith("/v3/watch")) return fetch(url, init);
    cut = true;
    let sent = false;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (!sent && at > 0) controller.enqueue(bytes.slice(0, at));
          else if (how === "error") controller.error(new TypeError("terminated"));
          else controller.close();
          sent = true;
        },
      },
      { highWaterMark: 0 },
    );
    return Promise.resolve(new Response(body));
  };
}
