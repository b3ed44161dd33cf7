import { fromBinary } from "../../transport/bytes.ts";
import { isObject } from "../../transport/platform.ts";

/**
 * The user that a JSON Web Token of etcd's names; `undefined` for any other token. Nothing is verified: that is the
 * server's part.
 */
export function usernameInToken(token: string): string | undefined {
  const [, payload, signature, more] = token.replace(/^Bearer /, "").split(".");
  if (payload === undefined || signature === undefined || more !== undefined) return undefined;
  try {
    const binary = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const claims: unknown = JSON.parse(new TextDecoder().decode(fromBinary(binary)));
    if (!isObject(claims) || !("username" in claims)) return undefined;
    return typeof claims["username"] === "string" && claims["username"] !== "" ? claims["username"] : undefined;
  } catch {
    return undefined;
  }
}
