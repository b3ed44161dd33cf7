import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { PageFile } from "./page-files.ts";

const inflate = promisify(gunzip);

/** Answers a GET or HEAD for a file of the page. A client that does not accept gzip gets the file decompressed. */
export async function fileAnswer(
  { method, headers: asked }: Request,
  { type, bytes, encoding }: PageFile,
  security: Readonly<Record<string, string>>,
): Promise<Response> {
  const headers = new Headers({ ...security, "content-type": type });
  let body = bytes;
  if (encoding !== undefined) {
    headers.set("vary", "accept-encoding");
    if (acceptsGzip(asked.get("accept-encoding"))) headers.set("content-encoding", encoding);
    else body = new Uint8Array(await inflate(bytes));
  }
  headers.set("content-length", String(body.length));
  return new Response(method === "HEAD" ? null : body, { headers });
}

/** Without the header, gzip is not used: `curl` sends no such header, and prints the body as it is. */
function acceptsGzip(header: string | null): boolean {
  const weights = new Map<string, number>();
  for (const each of (header ?? "").toLowerCase().split(",")) {
    const [name = "", ...parameters] = each.split(";").map((part) => part.trim());
    const weight = parameters.find((part) => part.startsWith("q="))?.slice("q=".length);
    weights.set(name, Number(weight ?? 1));
  }
  return (weights.get("gzip") ?? weights.get("x-gzip") ?? weights.get("*") ?? 0) > 0;
}
