// A terminal obeys control characters: it may clear itself, rename its window, fill the clipboard. Keys, values, names and
// messages of servers are other people's text, so a person sees these escaped; a program that reads a pipe gets them raw.

/** Those of ASCII, DEL, and those of C1, which some terminals obey as well. */
const control = /\p{Cc}/gu;
const controlButLines = /[^\P{Cc}\t\n]/gu;

/** Text of one line, without control characters. */
export function withoutControls(text: string): string {
  return text.replace(control, (each) => `\\x${hex(each.charCodeAt(0), 2)}`);
}

/** Text without control characters but tabs and line breaks. */
export function escapedLines(text: string): string {
  return text.replace(controlButLines, (each) => `\\x${hex(each.charCodeAt(0), 2)}`);
}

/** Bytes that may not be text: then every byte beyond ASCII is escaped, too. */
export function escapedBytes(bytes: Uint8Array, escape: (text: string) => string): string {
  try {
    return escape(utf8.decode(bytes));
  } catch {
    const ascii = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    return escape(ascii).replace(/[\u0080-\u00ff]/g, (each) => `\\x${hex(each.charCodeAt(0), 2)}`);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Says on standard error what went wrong. */
export function complain(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? escapedLines(text) : text}\n`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
