export type Form = "text" | "json" | "hex";

/** How a value is shown first: as JSON if it is an object or a list, as text if it is text, else as hex. */
export function formOf(value: Uint8Array): Form {
  const text = textOf(value);
  if (text === undefined) return "hex";
  return /^\s*[[{]/.test(text) && isJson(text) ? "json" : "text";
}

/** A value as the text that is edited. Throws for `text` and `json` of bytes that are none. */
export function show(value: Uint8Array, form: Form): string {
  if (form === "hex")
    return Array.from(value, (byte) => byte.toString(16).padStart(2, "0"))
      .join(" ")
      .replaceAll(/(.{47}) /g, "$1\n");
  const text = textOf(value);
  if (text === undefined) throw new Error("The value is not text: look at it as hex.");
  if (form === "text") return text;
  return JSON.stringify(JSON.parse(text), undefined, 2);
}

/** The value that an edited text stands for. Throws an `Error` that says what is wrong with it. */
export function read(edited: string, form: Form): Uint8Array {
  if (form === "text") return new TextEncoder().encode(edited);
  if (form === "json") {
    JSON.parse(edited);
    return new TextEncoder().encode(edited);
  }
  const digits = edited.replaceAll(/\s+/g, "");
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) throw new Error("Expected pairs of hex digits, such as 00 ff.");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Lossless as text, so that what is shown and what is saved are the same bytes. */
export function textOf(value: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
