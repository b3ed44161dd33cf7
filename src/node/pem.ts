/** A PEM file, as text or as its bytes. */
export type Pem = string | Uint8Array;

export function pemText(pem: Pem): string {
  return typeof pem === "string" ? pem : new TextDecoder().decode(pem);
}
