const named: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** Quotes bytes as Go's `%q` does, which etcdctl uses: invalid UTF-8 and invisible characters are escaped. */
export function goQuote(bytes: Uint8Array): string {
  let quoted = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    const text = length === 0 ? undefined : utf8.decode(bytes.subarray(at, at + length));
    quoted += text === undefined ? `\\x${hex(bytes[at] ?? 0, 2)}` : quotedCharacter(text);
    at += text === undefined ? 1 : length;
  }
  return `"${quoted}"`;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The length in bytes of the UTF-8 character that starts at `at`; 0 if the bytes there are not valid. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
  if (length < 2) return length;
  try {
    utf8.decode(bytes.subarray(at, at + length));
    return at + length <= bytes.length ? length : 0;
  } catch {
    return 0;
  }
}

function quotedCharacter(text: string): string {
  const short = named[text];
  if (short !== undefined) return short;
  // The characters for which Go's unicode.IsPrint is true.
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(text)) return text;
  const code = text.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
