import { isHeaders } from "../platform.ts";
import { invalidArgument } from "../errors/etcd-error.ts";

/**
 * The HTTP headers of a request, or `undefined` for none, so that a page's request stays one without a preflight. The
 * gateway hands `grpc-metadata-*` on to etcd as gRPC metadata; `authorization` goes by its own name. etcd ignores the
 * content type: it is named only where a preflight is due anyway. `own`: those of the client itself.
 */
export function gatewayHeaders(
  header: HeadersInit | undefined,
  own: Readonly<Record<string, string>> = {},
): Record<string, string> | undefined {
  const headers: Record<string, string> = { ...own };
  if (header !== undefined) {
    for (const [name, value] of checkedHeaders(header)) headers[name] = value;
  }
  if (Object.keys(headers).length === 0) return undefined;
  headers["content-type"] = "application/json";
  return headers;
}

/** Throws `InvalidArgument` for what HTTP cannot carry, such as a line break; the engine's own error shows the value. */
export function checkedHeaders(header: HeadersInit | undefined): Headers {
  if (isHeaders(header)) return header;
  try {
    return new Headers(header);
  } catch {
    throw invalidArgument("headers: a name or value is not valid in HTTP");
  }
}
