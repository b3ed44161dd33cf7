import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import type * as client from "../../src/index.ts";
import type * as v2 from "../../src/v2/index.ts";
import { serve, type ServedHandler } from "../../src/node/index.ts";

declare global {
  /** The client, of v2 too, in the pages of a `clientSite`. */
  var fetcd: typeof client & typeof v2;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A site whose pages have the client as `fetcd`, under a policy that allows neither `eval` nor another host than these. */
export async function clientSite(hosts: readonly string[]): Promise<ServedHandler> {
  const stdin = {
    contents: 'globalThis.fetcd = { ...(await import("./src/index.ts")), ...(await import("./src/v2/index.ts")) };',
    resolveDir: root,
  };
  const built = await build({ stdin, bundle: true, format: "esm", target: "es2022", write: false });
  const script = built.outputFiles[0]?.text ?? "";
  const connect = hosts.length === 0 ? "'none'" : hosts.join(" ");
  const policy = `default-src 'none'; script-src 'self'; connect-src ${connect}; require-trusted-types-for 'script'`;
  return serve((request) => {
    if (new URL(request.url).pathname === "/client.js") {
      return new Response(script, { headers: { "content-type": "text/javascript" } });
    }
    const html = `<!doctype html><title>page</title><script type="module" src="/client.js"></script>`;
    return new Response(html, {
      headers: { "content-type": "text/html", "content-security-policy": policy, "set-cookie": "mine=1; Path=/" },
    });
  });
}
