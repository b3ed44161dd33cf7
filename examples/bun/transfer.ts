// Keys and values as JSON lines: a backup that people can read, and a way from one etcd to another.
//
//   bun transfer.ts export http://127.0.0.1:2379 app/ > app.ndjson
//   bun transfer.ts import http://127.0.0.1:2379 < app.ndjson
import { createEtcd, type Etcd, op } from "fetcd";

const [what, endpoint, prefix = ""] = Bun.argv.slice(2);
if ((what !== "export" && what !== "import") || endpoint === undefined) {
  console.error("usage: transfer.ts export <endpoint> [prefix] | import <endpoint>");
  process.exit(2);
}

await using etcd = createEtcd({ endpoints: endpoint });
if (what === "export") await exportKeys(etcd);
else await importKeys(etcd);

/** All at one revision, however long it takes. Base64 keeps what is not text. */
async function exportKeys(from: Etcd): Promise<void> {
  const out = Bun.stdout.writer();
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  for await (const { keyBytes, value } of from.scan(prefix === "" ? { all: true } : { prefix })) {
    out.write(`${JSON.stringify({ keyBase64: base64(keyBytes), valueBase64: base64(value) })}\n`);
    await out.flush();
  }
  await out.end();
}

async function importKeys(to: Etcd): Promise<void> {
  const lines = (await Bun.stdin.text()).split("\n").filter((line) => line !== "");
  // Every line is read before anything is sent: a bad one leaves nothing half done.
  const puts = lines.map((line) => {
    const { keyBase64, valueBase64 } = JSON.parse(line);
    return op.put(Buffer.from(keyBase64, "base64"), Buffer.from(valueBase64, "base64"));
  });
  for (let i = 0; i < puts.length; i += 100) await to.txn({ then: puts.slice(i, i + 100) });
  console.log(`${puts.length} keys written`);
}
