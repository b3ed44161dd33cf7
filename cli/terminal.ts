// Control characters can make a terminal clear its screen, rename its window or fill the clipboard. Keys, values, names and
// messages of servers are untrusted, so they are escaped on a terminal. A program that reads a pipe gets them raw.

/** Control characters of ASCII, and those of C1, which some terminals obey too. */
const control = /\p{Cc}/gu;
const controlButLines = /[^\P{Cc}\t\n]/gu;

/** Escapes all control characters, line breaks too. */
export function withoutControls(text: string): string {
  return text.replace(control, (each) => `\\x${hex(each.charCodeAt(0), 2)}`);
}

/** Escapes control characters other than tabs and line breaks. */
export function escapedLines(text: string): string {
  return text.replace(controlButLines, (each) => `\\x${hex(each.charCodeAt(0), 2)}`);
}

/** Escapes control characters in text; if the bytes are not valid UTF-8, also every byte beyond ASCII. */
export function escapedBytes(bytes: Uint8Array, escape: (text: string) => string): string {
  try {
    return escape(utf8.decode(bytes));
  } catch {
    const ascii = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    return escape(ascii).replace(/[\u0080-\u00ff]/g, (each) => `\\x${hex(each.charCodeAt(0), 2)}`);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Prints a message on standard error. */
export function complain(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? escapedLines(text) : text}\n`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
