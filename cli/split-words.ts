import { invalidInput } from "./exit-error.ts";

/** Splits a line into words as etcdctl does: `'as it is'`, `"with Go's \n escapes"`, or anything without spaces. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/"(?:[^"\\]|\\.)*"|'[^']*'|[^\s]+/g)) {
    if (word.startsWith("'") && word.endsWith("'") && word.length > 1) words.push(word.slice(1, -1));
    else if (word.startsWith('"')) words.push(goUnquote(word));
    else words.push(word);
  }
  return words;
}

const escapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

/** Unquotes a word in Go's double quotes. Throws if the quote is not closed, or has an escape that Go does not know. */
export function goUnquote(word: string): string {
  if (word.length < 2 || !word.endsWith('"')) throw invalidInput(`${word}: a quote is not closed`);
  return word
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.)|$)/gs, (...found) => {
      const [all, x, u, long, octal, letter] = found as string[];
      if (letter !== undefined) {
        const named = escapes[letter];
        if (named === undefined) throw invalidInput(`${word}: no such escape: ${all}`);
        return named;
      }
      const code = octal === undefined ? Number.parseInt(x ?? u ?? long ?? "", 16) : Number.parseInt(octal, 8);
      if (Number.isNaN(code)) throw invalidInput(`${word}: no such escape: ${all}`);
      return String.fromCodePoint(code);
    });
}
