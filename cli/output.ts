import type { Entry, WatchEvent } from "fetcd";
import { badArguments, badFeature } from "./exit-error.ts";
import { answerBytes, checkForm, type OutputForm, outputForms } from "./forms/answer-text.ts";
import type { GlobalOptions } from "./global-options.ts";
import type { RecordedAnswer, Recorder } from "./recorder.ts";
import { withoutControls, escapedBytes, escapedLines } from "./terminal.ts";

/** How a command tells what it has done: in etcdctl's forms, or as JSON of our own, an object a line. */
export interface Output {
  /** Whether it is that of `--json`. */
  readonly json: boolean;
  readonly form: OutputForm;
  readonly hex: boolean;
  /** One line, or with `--json` one object. Resolves when it has been taken, so that a slow reader is waited for. */
  say(line: string, object: unknown): Promise<void>;
  /** A key and its value on a line each, or the value alone. */
  entry(entry: Entry, what?: { readonly keysOnly?: boolean; readonly valueOnly?: boolean }): Promise<void>;
  event(event: WatchEvent): Promise<void>;
  /** Lines of text. */
  lines(lines: readonly string[]): Promise<void>;
  /**
   * For commands that print the answer of type `type` whole, in the forms that do. Throws for a form that such answers
   * do not have. What it returns prints the last answer, or the one it is given, and says whether the form did that.
   */
  whole(type: string): (answer?: RecordedAnswer) => Promise<boolean>;
}

export function createOutput(options: GlobalOptions, recorder?: Recorder): Output {
  const json = options.json === true;
  const form = json ? "simple" : formOf(options);
  const hex = options.hex === true;
  const terminal = process.stdout.isTTY;
  const printable = (bytes: Uint8Array, escape: (text: string) => string): Uint8Array => {
    if (hex) return utf8.encode(hexText(bytes));
    return terminal ? utf8.encode(escapedBytes(bytes, escape)) : bytes;
  };

  const say = (line: string, object: unknown): Promise<void> => {
    const text = json ? toJson(object) : terminal ? escapedLines(line) : line;
    return write(utf8.encode(`${text}\n`));
  };

  const entry: Output["entry"] = (given, { keysOnly = false, valueOnly = false } = {}) => {
    if (json) return write(utf8.encode(`${toJson(entryObject(given, keysOnly))}\n`));
    const key = printable(given.keyBytes, withoutControls);
    const value = keysOnly ? new Uint8Array() : printable(given.value, escapedLines);
    return write(joined(valueOnly ? [value] : [key, value]));
  };

  return {
    json,
    form,
    hex,
    say,
    entry,
    lines: (lines) => write(utf8.encode(lines.map((line) => `${terminal ? escapedLines(line) : line}\n`).join(""))),
    whole(type) {
      if (form === "simple") return () => Promise.resolve(false);
      checkForm(form, type);
      return async (answer = recorder?.last(type)) => {
        if (answer === undefined) throw new Error(`no ${type} was read`);
        const bytes = await answerBytes(form, type, answer);
        await write(terminal && form !== "protobuf" ? utf8.encode(escapedLines(decoder.decode(bytes))) : bytes);
        return true;
      };
    },
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

function formOf({ writeOut, namespace }: GlobalOptions): OutputForm {
  const form = outputForms.find((each) => each === writeOut);
  if (form === undefined)
    throw badFeature(`unsupported output format ${JSON.stringify(writeOut)}: ${outputForms.join(", ")}`);
  if (form !== "simple" && namespace !== undefined) {
    throw badArguments(`--namespace goes with -w simple and --json: ${form} prints answers as etcd gives them`);
  }
  return form;
}

const utf8 = new TextEncoder();
const decoder = new TextDecoder();
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

/** Those of leases have all their digits. */
export function leaseId(id: bigint): string {
  return hexId(id).padStart(16, "0");
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
