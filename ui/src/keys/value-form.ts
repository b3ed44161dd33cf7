import { formatJson, minifyJson } from "./json-text.ts";

/** How a value is shown. All but `hex` are text, highlighted as a language. */
export const valueForms = ["text", "json", "yaml", "toml", "xml", "hex"] as const;
export type ValueForm = (typeof valueForms)[number];

export const formNames: Readonly<Record<ValueForm, string>> = {
  text: "Text",
  json: "JSON",
  yaml: "YAML",
  toml: "TOML",
  xml: "XML",
  hex: "Hex",
};

/** A larger value is shown without highlighting; hex beyond the second limit cannot be edited. */
const mostFancyBytes = 256 * 1024;
export const mostHexBytes = 64 * 1024;

/** The form that a value is shown in first. */
export function formOf(value: Uint8Array): ValueForm {
  const text = losslessText(value);
  if (text === undefined) return "hex";
  if (value.length > mostFancyBytes) return "text";
  if (/^\s*[[{]/.test(text) && isJson(text)) return "json";
  if (/^\s*<[?!a-z][^<>]*>[^]*<\/[\w:.-]+>\s*$/i.test(text)) return "xml";
  if (/^\s*\[[\w."-]+\]\s*$/m.test(text) && /^\s*[\w."-]+\s*=\s*\S/m.test(text)) return "toml";
  if (/^(?:---\s*$|[\w."-]+:(?:\s|$))/m.test(text) && text.trimEnd().includes("\n")) return "yaml";
  return "text";
}

/** The text to edit for a value. JSON in one line is formatted. */
export function show(value: Uint8Array, form: ValueForm): string {
  if (form === "hex") return hexOf(value.subarray(0, mostHexBytes));
  const text = losslessText(value);
  if (text === undefined) throw new Error("The value is not text: look at it as hex.");
  return form === "json" && value.length <= mostFancyBytes && isOneLine(text) ? (formatJson(text) ?? text) : text;
}

/** Converts an edited text back to a value. Throws an `Error` that says what is wrong with it. */
export function readValue(edited: string, form: ValueForm, original: Uint8Array): Uint8Array {
  if (form === "hex") {
    const digits = edited.replaceAll(/\s+/g, "");
    if (!/^[0-9a-f]*$/i.test(digits) || digits.length % 2 === 1) {
      throw new Error("Expected pairs of hex digits, such as 00 ff.");
    }
    return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
      Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
    );
  }
  if (form !== "json") return utf8.encode(edited);
  JSON.parse(edited);
  const before = losslessText(original);
  // JSON that was in one line is saved in one line, with its numbers unchanged.
  const oneLine = before !== undefined && before !== "" && isOneLine(before) && formatJson(before) !== undefined;
  return utf8.encode((oneLine ? minifyJson(edited) : undefined) ?? edited);
}

const utf8 = new TextEncoder();

/** The value as text; `undefined` if saving that text would change bytes. */
export function losslessText(value: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    return undefined;
  }
}

const pairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Hex of the bytes, sixteen per line. */
export function hexOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    lines.push(Array.from(bytes.subarray(at, at + 16), (byte) => pairs[byte] ?? "").join(" "));
  }
  return lines.join("\n");
}

/** The kind of a Kubernetes object, which is stored as protobuf with a special header, or as JSON. */
export function kubernetesName(value: Uint8Array): string | undefined {
  if (value[0] === 0x6b && value[1] === 0x38 && value[2] === 0x73 && value[3] === 0) return fromProtobuf(value);
  const text = value.length > mostFancyBytes ? undefined : losslessText(value);
  if (text === undefined || !text.includes('"apiVersion"') || !text.includes('"kind"')) return undefined;
  try {
    const { apiVersion, kind, metadata } = JSON.parse(text) as Record<string, unknown>;
    if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
    const { namespace, name } = (metadata ?? {}) as Record<string, unknown>;
    const where = [namespace, name].filter((each) => typeof each === "string").join("/");
    return `${apiVersion} ${kind} ${where}`.trim();
  } catch {
    return undefined;
  }
}

/** `k8s\0`, then a message whose field 1 holds apiVersion (1) and kind (2). */
function fromProtobuf(value: Uint8Array): string | undefined {
  if (value[4] !== 0x0a) return undefined;
  const head = value.subarray(6, 6 + (value[5] ?? 0));
  const words: string[] = [];
  for (let at = 0; at + 2 <= head.length; ) {
    const length = head[at + 1] ?? 0;
    words.push(new TextDecoder().decode(head.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  return words.join(" ").trim() || undefined;
}

function isOneLine(text: string): boolean {
  return !text.trimEnd().includes("\n");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
