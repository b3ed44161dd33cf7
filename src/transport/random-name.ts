/** 128 random bits as hex. (`randomUUID` is not there in pages without TLS.) */
export function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
