import type { Entry, WatchEvent } from "fetcd";
import type { GlobalOptions } from "./global-options.ts";
import { escaped, escapedBytes } from "./terminal.ts";

/** How a command tells what it has done: in etcdctl's words, or as JSON, an object a line. */
export interface Output {
  readonly json: boolean;
  /** One line, or with `--json` one object. Resolves when it has been taken, so that a slow reader is waited for. */
  say(line: string, object: unknown): Promise<void>;
  /** A key and its value on a line each, or the value alone. */
  entry(entry: Entry, what?: { readonly keysOnly?: boolean; readonly valueOnly?: boolean }): Promise<void>;
  event(event: WatchEvent): Promise<void>;
}

export function createOutput(options: GlobalOptions): Output {
  const json = options.json === true || options.writeOut === "json";
  const terminal = process.stdout.isTTY;
  const shown = (bytes: Uint8Array, lines: boolean): Uint8Array => {
    if (options.hex === true) return utf8.encode(hexText(bytes));
    return terminal ? utf8.encode(escapedBytes(bytes, lines)) : bytes;
  };

  const say = (line: string, object: unknown): Promise<void> => {
    const text = json ? toJson(object) : terminal ? escaped(line, true) : line;
    return write(utf8.encode(`${text}\n`));
  };

  const entry: Output["entry"] = (given, { keysOnly = false, valueOnly = false } = {}) => {
    if (json) return write(utf8.encode(`${toJson(entryObject(given, keysOnly))}\n`));
    const [key, value] = [shown(given.keyBytes, false), shown(given.value, true)];
    return write(joined(valueOnly ? [value] : keysOnly ? [key] : [key, value]));
  };

  return {
    json,
    say,
    entry,
    async event(event) {
      const { type, entry: now, prev, revision } = event;
      if (json) {
        const [entryNow, before] = [entryObject(now, type === "delete"), prev && entryObject(prev)];
        return say("", { type, revision, entry: entryNow, ...(before && { prev: before }) });
      }
      await write(utf8.encode(`${type.toUpperCase()}\n`));
      if (prev) await entry(prev);
      await entry(now);
    },
  };
}

const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as a JSON field: `name` where they are text, `nameBase64` where they are not. */
export function bytesField(name: string, bytes: Uint8Array): Record<string, string> {
  try {
    return { [name]: strict.decode(bytes) };
  } catch {
    return { [`${name}Base64`]: Buffer.from(bytes).toString("base64") };
  }
}

export function entryObject(entry: Entry, keyOnly = false): Record<string, unknown> {
  const { keyBytes, value, createRevision, modRevision, version, lease } = entry;
  return {
    ...bytesField("key", keyBytes),
    ...(keyOnly ? {} : bytesField("value", value)),
    createRevision,
    modRevision,
    version,
    ...(lease !== 0n && { lease: hexId(lease) }),
  };
}

/** Ids as etcdctl shows them. */
export function hexId(id: bigint): string {
  return id.toString(16);
}

/** JSON in one line, without control characters. What is too large for a number to hold exactly is a string. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) => {
    if (typeof each !== "bigint") return each;
    return each <= Number.MAX_SAFE_INTEGER && each >= Number.MIN_SAFE_INTEGER ? Number(each) : String(each);
  });
  // JSON itself escapes those of ASCII alone.
  return text.replace(/[\u007f-\u009f]/g, (each) => `\\u00${each.charCodeAt(0).toString(16)}`);
}

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

function joined(lines: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(lines.flatMap((line) => [line, utf8.encode("\n")]));
}

/** Resolves when the bytes are on their way. A reader that has gone away, as `head` does, ends the program in peace. */
function write(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
