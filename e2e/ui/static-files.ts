import { readPage } from "../../cli/ui/page-files.ts";
import { type ServedHandler, serve } from "../../src/node/index.ts";
import { installedPackage } from "../installed-package.ts";

/** The built page on a server that knows nothing but files. */
export async function serveFiles(): Promise<ServedHandler> {
  const files = await readPage((await installedPackage()).page);
  return serve((request) => {
    const file = files.get(new URL(request.url).pathname);
    if (file === undefined) return new Response("not found", { status: 404 });
    const { type, bytes, encoding } = file;
    return new Response(bytes, {
      headers: { "content-type": type, ...(encoding && { "content-encoding": encoding }) },
    });
  });
}
