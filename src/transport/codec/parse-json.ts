import { isError } from "../platform.ts";
/** Objects and arrays that any text may hold: so few of them cost little. */
const freeContainers = 1024;
/**
 * Characters for each further one, on average. Of all that etcd answers lists of leases with short ids have the fewest, 15
 * with five digits (all of those with fewer are a few thousand at most), and transactions that put without asking for what
 * was there. `[{},{},…]` has 3, and takes two hundred times its size in memory.
 */
const charactersPerContainer = 15;
/**
 * Bytes of the largest answer allowed for each object or array in it. One costs up to 600 bytes once it is decoded, and
 * the events of short keys, two for every 100 characters, come by the ten thousand after a break: a thousand revisions of
 * up to 128 events each in one answer.
 */
const limitBytesPerContainer = 48;

/** Thrown for a text that may be etcd's, but would take more memory than the largest answer allowed is meant to. */
export class TooManyObjects extends Error {
  constructor(limit: number) {
    super(`more than ${Math.floor(limit)} objects and arrays in one answer`);
  }
}

/**
 * `JSON.parse`, with a bound on the memory that the result may take: 40 bytes for a byte of the text at worst, decoded
 * messages included, and in all what `maxBytes` of ordinary answers take. Throws a `SyntaxError` for what is not JSON,
 * or consists of little but brackets, and `TooManyObjects`.
 */
export function parseJson(text: string, maxBytes: number = Infinity): unknown {
  checkContainers(text, maxBytes);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // Engines that parse by recursion give up at some depth.
    throw isError(error) && error.name === "SyntaxError" ? error : new SyntaxError("JSON is nested too deep");
  }
}

function checkContainers(text: string, maxBytes: number): void {
  const byText = freeContainers + text.length / charactersPerContainer;
  const byLimit = freeContainers + maxBytes / limitBytesPerContainer;
  const limit = Math.min(byText, byLimit);
  // Each has two brackets. The quick count takes in what stands in strings, which is rare.
  if (text.length <= 2 * limit || openingBrackets(text, limit) <= limit) return;
  const count = containers(text, limit);
  if (count <= limit) return;
  throw byText <= byLimit ? new SyntaxError("JSON has too many brackets") : new TooManyObjects(limit);
}

/** Stops soon after `limit`. */
function openingBrackets(text: string, limit: number): number {
  let count = 0;
  for (const opening of "{[") {
    for (let at = text.indexOf(opening); at !== -1 && count <= limit; at = text.indexOf(opening, at + 1)) count++;
  }
  return count;
}

const [quote, backslash, brace, bracket] = [0x22, 0x5c, 0x7b, 0x5b];

/** Opening brackets outside of strings. Stops soon after `limit`. */
function containers(text: string, limit: number): number {
  let count = 0;
  for (let at = 0; at < text.length && count <= limit; at++) {
    const code = text.charCodeAt(at);
    if (code === brace || code === bracket) count++;
    else if (code === quote) at = endOfString(text, at);
  }
  return count;
}

/** Where the string that begins at `start` ends. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash) at++;
  }
  return text.length;
}
