// `npm run admin`: the page on a local etcd. By default that is one in memory with some keys in it;
// ETCD_ENDPOINTS=http://127.0.0.1:2379 npm run admin opens it on yours, which has to allow the page's origin (--cors).
import { fileURLToPath } from "node:url";
import { createEtcd } from "fetcd";
import { createMemoryEtcd } from "fetcd/memory";
import { serve } from "fetcd/node";
import { createServer } from "vite";
import { seed } from "./seed.ts";

const given = process.env["ETCD_ENDPOINTS"]?.split(",")[0];
const memory = given === undefined ? await serve(createMemoryEtcd(), { port: 0, cors: "*" }) : undefined;
const endpoint = given ?? memory?.url ?? "";
if (memory !== undefined) {
  await using etcd = createEtcd({ endpoints: endpoint });
  await seed(etcd);
}

const open = process.argv.includes("--open") ? { open: `/?endpoint=${encodeURIComponent(endpoint)}` } : {};
const configFile = fileURLToPath(new URL("vite.config.ts", import.meta.url));
const page = await createServer({ configFile, server: { port: 5173, ...open }, logLevel: "warn" });
await page.listen();
const [url = ""] = page.resolvedUrls?.local ?? [];
console.log(`etcd${memory === undefined ? "" : " in memory"}: ${endpoint}`);
console.log(`admin page: ${url}?endpoint=${encodeURIComponent(endpoint)}`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void Promise.all([page.close(), memory?.close()]).then(() => process.exit(0));
  });
}
