import type { Kind } from "../transport/option-kinds.ts";
import { isBytes } from "../transport/platform.ts";

/** A PEM file, as text or as its bytes. */
export type Pem = string | Uint8Array;

export function pemText(pem: Pem): string {
  return typeof pem === "string" ? pem : new TextDecoder().decode(pem);
}

export const pemKind: Kind<Pem> = {
  expected: "PEM as text or bytes",
  accepts: (value): value is Pem => typeof value === "string" || isBytes(value),
};
