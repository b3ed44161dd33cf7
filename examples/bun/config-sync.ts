// Keeps a folder of files equal to the keys below a prefix: what a program without etcd of its own can read.
//
//   bun config-sync.ts http://127.0.0.1:2379 app/config/ ./config
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { createEtcd, type WatchEvent } from "fetcd";

const [endpoint, prefix, folder] = Bun.argv.slice(2);
if (endpoint === undefined || prefix === undefined || folder === undefined) {
  console.error("usage: config-sync.ts <endpoint> <prefix> <folder>");
  process.exit(2);
}

await using etcd = createEtcd({ endpoints: endpoint, namespace: prefix });
await mkdir(folder, { recursive: true });

// The list and the watch fit together without a gap: the watch begins at the revision after the list's.
const { entries, revision } = await etcd.range({ all: true });
const wanted = new Set(entries.map(({ key }) => fileOf(key)));
for (const name of await readdir(folder)) if (!wanted.has(name)) await rm(`${folder}/${name}`);
for (const entry of entries) await write(fileOf(entry.key), entry.value);
console.log(`in step at revision ${revision}: ${entries.length} files`);

const watch = etcd.watch({ all: true }, { from: revision + 1n, onCompaction: "resync" });
process.on("SIGINT", () => void watch.cancel());
for await (const event of watch) await apply(event);

async function apply({ type, entry, revision: at }: WatchEvent): Promise<void> {
  const file = fileOf(entry.key);
  if (type === "put") await write(file, entry.value);
  else await rm(`${folder}/${file}`, { force: true });
  console.log(`${type} ${file} at revision ${at}`);
}

/** Readers see the old file or the new one, never half of one. */
async function write(file: string, value: Uint8Array): Promise<void> {
  const draft = `${folder}/.${file}.new`;
  await Bun.write(draft, value);
  await rename(draft, `${folder}/${file}`);
}

/** A key becomes one file name: it cannot lead out of the folder, nor hide. */
function fileOf(key: string): string {
  return encodeURIComponent(key).replace(/^\./, "%2E");
}
