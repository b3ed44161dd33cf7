import { isObject } from "../platform.ts";

// Servers, proxies and fetches may repeat what they were sent. Whatever text of theirs goes into an error passes a
// redactor that knows the secrets of the client and of the call.

const placeholder = "***";
/** Secrets shorter than this are looked for as whole words only: they stand in the middle of many innocent ones. */
const shortSecret = 8;
/** A cut text may end with so much of a secret, or more. */
const shortestCut = 4;
/** More of a text is not looked through, and not shown. */
const maxText = 4096;
/** Causes nest, and platforms hang much on them. */
const maxDepth = 8;
const maxValues = 2000;

/** Takes the secrets out of a text. */
export type Redact = (text: string) => string;

/** A redactor of `secrets` in every form in which they travel: as they are, in JSON, in a URL, in HTML, in base64. */
export function createRedactor(secrets: Iterable<string>): Redact {
  // The longest first: one may contain another.
  const forms = [...new Set([...secrets].filter((secret) => secret !== "").flatMap(formsOf))].sort(
    (a, b) => b.length - a.length,
  );
  if (forms.length === 0) return (text) => text;
  const long = patternOf(forms.filter((form) => form.length >= shortSecret));
  const short = patternOf(forms.filter((form) => form.length < shortSecret));
  // WebKits of 2022 know no look-behind.
  const anywhere = long === "" ? undefined : new RegExp(long, "gi");
  const words = short === "" ? undefined : new RegExp(`(^|[^a-z0-9])(?:${short})(?![a-z0-9])`, "gi");
  return (given) => {
    let text = given.slice(0, maxText);
    if (anywhere !== undefined) text = text.replace(anywhere, placeholder);
    // Twice, since a letter between two of them belongs to one match only.
    for (let i = 0; words !== undefined && i < 2; i++) text = text.replace(words, `$1${placeholder}`);
    return withoutCut(text, forms);
  };
}

const patternOf = (forms: readonly string[]): string =>
  forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|");

function formsOf(given: string): string[] {
  // As it travels: half a surrogate pair does not.
  const secret = new TextDecoder().decode(new TextEncoder().encode(given));
  const url = encodeURIComponent(secret);
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return [
    given,
    secret,
    json,
    // An error in JSON that holds JSON.
    JSON.stringify(json).slice(1, -1),
    // As Go writes JSON.
    json.replaceAll("&", "\\u0026").replaceAll("<", "\\u003c").replaceAll(">", "\\u003e"),
    url,
    new URLSearchParams([["", secret]]).toString().slice(1),
    html.replaceAll('"', "&quot;").replaceAll("'", "&apos;"),
    html.replaceAll('"', "&#34;").replaceAll("'", "&#39;"),
    ...base64Forms(secret),
  ];
}

/** What base64 makes of a secret, alone and in the middle of a longer text: it begins there in one of three ways. */
function base64Forms(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret).subarray(0, maxText);
  const inside = [0, 1, 2].map((shift) => {
    const shifted = new Uint8Array(shift + bytes.length);
    shifted.set(bytes, shift);
    // Letters that also tell of bytes before or behind are left out.
    const [first, last] = [Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6)];
    return base64Of(shifted).slice(first, last);
  });
  const letters = [base64Of(bytes), ...inside.filter((text) => text.length >= shortestCut)];
  return letters.flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")]);
}

function base64Of(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Texts are cut at some length, by us or by others: what is left of a secret at an end goes too. */
function withoutCut(text: string, forms: readonly string[]): string {
  return text
    .split("…")
    .map((piece) => {
      const cut = Math.max(...forms.map((form) => cutLength(piece, form)));
      return cut === 0 ? piece : piece.slice(0, -cut) + placeholder;
    })
    .join("…");
}

/** How much of the beginning of `form` the text ends with; 0 for less than tells something. */
function cutLength(text: string, form: string): number {
  for (let length = Math.min(form.length - 1, text.length); length >= shortestCut; length--) {
    if (text.endsWith(form.slice(0, length))) return length;
  }
  return 0;
}

/**
 * What may be shown of a value that somebody threw. As it is where no secret is in it, however deep; else a copy that
 * keeps name, code and causes.
 */
export function redactCause(cause: unknown, redact: Redact): unknown {
  return holdsSecret(cause, redact) ? cleanCopy(cause, redact, 0) : cause;
}

function holdsSecret(root: unknown, redact: Redact): boolean {
  const seen = new Set<object>();
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value === "string") {
      if (redact(value) !== value) return true;
    } else if (isObject(value) && !seen.has(value)) {
      // A value that cannot be searched completely is not shown.
      if (depth > maxDepth || seen.size > maxValues) return true;
      seen.add(value);
      for (const each of partsOf(value)) open.push({ value: each, depth: depth + 1 });
    }
  }
  return false;
}

function partsOf(value: object): unknown[] {
  if (ArrayBuffer.isView(value)) return [new TextDecoder().decode(value)];
  const parts: unknown[] = [];
  // Headers, maps and lists, whose entries are not properties.
  const forEach: unknown = Reflect.get(value, "forEach");
  if (typeof forEach === "function")
    Reflect.apply(forEach, value, [(each: unknown, name: unknown) => parts.push(each, name)]);
  for (const name of Reflect.ownKeys(value)) {
    const property = Reflect.getOwnPropertyDescriptor(value, name);
    // The trace has accessors in some engines; others may do anything.
    if (property !== undefined && "value" in property) parts.push(property.value);
    else if (name === "stack") parts.push(Reflect.get(value, name));
  }
  return parts;
}

function cleanCopy(cause: unknown, redact: Redact, depth: number): unknown {
  if (typeof cause === "string") return redact(cause);
  if (!isObject(cause) || depth > maxDepth) return undefined;
  const { message, cause: inner, errors } = cause;
  const text = typeof message === "string" ? redact(message) : placeholder;
  const options = inner === undefined ? undefined : { cause: cleanCopy(inner, redact, depth + 1) };
  const copy = Array.isArray(errors)
    ? new AggregateError(
        errors.slice(0, maxDepth).map((each) => cleanCopy(each, redact, depth + 1)),
        text,
        options,
      )
    : new Error(text, options);
  for (const field of ["name", "code"]) {
    const given = cause[field];
    const value = typeof given === "string" ? redact(given) : given;
    const shown = typeof value === "string" || typeof value === "number";
    if (shown) Object.defineProperty(copy, field, { value, configurable: true, enumerable: field === "code" });
  }
  return copy;
}
