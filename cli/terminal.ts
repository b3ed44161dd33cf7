// A terminal obeys control characters: it may clear itself, rename its window, fill the clipboard. Keys, values, names and
// messages of servers are other people's text, so a person sees these escaped; a program that reads a pipe gets them raw.

/** Those of ASCII, DEL, and those of C1, which some terminals obey as well. */
const control = /\p{Cc}/gu;
const controlButLines = /[^\P{Cc}\t\n]/gu;

/** Text without control characters; `lines` leaves tabs and line breaks as they are. */
export function escaped(text: string, lines = false): string {
  return text.replace(lines ? controlButLines : control, (each) => `\\x${hex(each.charCodeAt(0), 2)}`);
}

/** The same for bytes that may be no text: of such, every byte beyond ASCII is escaped. */
export function escapedBytes(bytes: Uint8Array, lines = false): string {
  try {
    return escaped(utf8.decode(bytes), lines);
  } catch {
    const ascii = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    return escaped(ascii, lines).replace(/[\u0080-\u00ff]/g, (each) => `\\x${hex(each.charCodeAt(0), 2)}`);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Says on standard error what went wrong. */
export function complain(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? escaped(text, true) : text}\n`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
