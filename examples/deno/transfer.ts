// Keys and values as JSON lines: a backup that people can read, and a way from one etcd to another.
//
//   deno run --allow-net transfer.ts export http://127.0.0.1:2379 app/ > app.ndjson
//   deno run --allow-net transfer.ts import http://127.0.0.1:2379 < app.ndjson
import { createEtcd, type Etcd, op } from "fetcd";

const [what, endpoint, prefix = ""] = Deno.args;
if ((what !== "export" && what !== "import") || endpoint === undefined) {
  console.error("usage: transfer.ts export <endpoint> [prefix] | import <endpoint>");
  Deno.exit(2);
}

await using etcd = createEtcd({ endpoints: endpoint });
if (what === "export") await exportKeys(etcd);
else await importKeys(etcd);

/** All at one revision, however long it takes. Base64 keeps what is not text. */
async function exportKeys(from: Etcd): Promise<void> {
  const lines = new TransformStream<string, Uint8Array>({
    transform: (line, controller) => controller.enqueue(new TextEncoder().encode(line)),
  });
  const written = lines.readable.pipeTo(Deno.stdout.writable, { preventClose: true });
  const writer = lines.writable.getWriter();
  for await (const { keyBytes, value } of from.scan(prefix === "" ? { all: true } : { prefix })) {
    await writer.write(`${JSON.stringify({ keyBase64: keyBytes.toBase64(), valueBase64: value.toBase64() })}\n`);
  }
  await writer.close();
  await written;
}

async function importKeys(to: Etcd): Promise<void> {
  const lines = (await new Response(Deno.stdin.readable).text()).split("\n").filter((line) => line !== "");
  // Every line is read before anything is sent: a bad one leaves nothing half done.
  const puts = lines.map((line) => {
    const { keyBase64, valueBase64 } = JSON.parse(line);
    return op.put(Uint8Array.fromBase64(keyBase64), Uint8Array.fromBase64(valueBase64));
  });
  for (let i = 0; i < puts.length; i += 100) await to.txn({ then: puts.slice(i, i + 100) });
  console.log(`${puts.length} keys written`);
}
