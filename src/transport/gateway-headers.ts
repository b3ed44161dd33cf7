/**
 * The HTTP headers of a request, or `undefined` for none, so that a page's request stays one without a preflight. The
 * gateway hands `grpc-metadata-*` on to etcd as gRPC metadata; `authorization` goes by its own name. etcd ignores the
 * content type: it is named only where a preflight is due anyway.
 */
export function gatewayHeaders(header: HeadersInit | undefined, leader: boolean): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  if (leader) headers["grpc-metadata-hasleader"] = "true";
  if (header !== undefined) {
    for (const [name, value] of header instanceof Headers ? header : new Headers(header)) headers[name] = value;
  }
  if (Object.keys(headers).length === 0) return undefined;
  headers["content-type"] = "application/json";
  return headers;
}
