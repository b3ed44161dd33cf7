import type { Release } from "../release.ts";

/** The token among the headers of a request; `undefined` when there is none. */
export function tokenOf(headers: Headers, { since36 }: Release): string | undefined {
  const token =
    headers.get("grpc-metadata-token") ?? headers.get("authorization") ?? headers.get("grpc-metadata-authorization");
  if (token === null) return undefined;
  // Servers before 3.6 treat the scheme as part of the token.
  return since36 ? token.replace(/^Bearer /, "") : token;
}
