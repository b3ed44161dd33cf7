import type { Entry, WatchEvent } from "fetcd";
import { badArguments, badFeature } from "./exit-error.ts";
import { answerBytes, checkForm, type OutputForm, outputForms } from "./forms/answer-text.ts";
import type { GlobalOptions } from "./global-options.ts";
import type { RecordedAnswer, Recorder } from "./recorder.ts";
import { withoutControls, escapedBytes, escapedLines } from "./terminal.ts";

/** Prints results: in the forms of etcdctl, or with `--json` as one object per line. */
export interface Output {
  /** Whether `--json` is set. */
  readonly json: boolean;
  readonly form: OutputForm;
  readonly hex: boolean;
  /** Prints a line, or with `--json` an object. Resolves when it is written, so that a slow reader slows the command down. */
  say(line: string, object: unknown): Promise<void>;
  /** Prints a key and its value, each on a line, or only the value. */
  entry(entry: Entry, what?: { readonly keysOnly?: boolean; readonly valueOnly?: boolean }): Promise<void>;
  event(event: WatchEvent): Promise<void>;
  /** Prints lines of text. */
  lines(lines: readonly string[]): Promise<void>;
  /**
   * For the forms that print an answer of etcd whole. Throws if answers of `type` do not have the form. The function it
   * returns prints the last answer, or the given one, and resolves with whether the form printed it.
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
    throw badArguments(`--namespace needs -w simple or --json: ${form} prints the answers of etcd unchanged`);
  }
  return form;
}

const utf8 = new TextEncoder();
const decoder = new TextDecoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as a JSON field: `name` for text, `nameBase64` where they are not valid UTF-8. */
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

/** An id as etcdctl prints it. */
export function hexId(id: bigint): string {
  return id.toString(16);
}

/** A lease id: unlike other ids it has all 16 digits. */
export function leaseId(id: bigint): string {
  return hexId(id).padStart(16, "0");
}

/** JSON in one line, without control characters. Integers that a number cannot hold exactly become strings. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) => {
    if (typeof each !== "bigint") return each;
    return each <= Number.MAX_SAFE_INTEGER && each >= Number.MIN_SAFE_INTEGER ? Number(each) : String(each);
  });
  // `JSON.stringify` escapes only the control characters below U+0020.
  return text.replace(/[\u007f-\u009f]/g, (each) => `\\u00${each.charCodeAt(0).toString(16)}`);
}

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

function joined(lines: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(lines.flatMap((line) => [line, utf8.encode("\n")]));
}

/** Resolves when the bytes are written. If the reader has closed the pipe, as `head` does, `main.ts` ends the program. */
function write(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
