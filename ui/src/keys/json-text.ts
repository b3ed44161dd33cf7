/** Deeper, and what spreads it out is mostly blanks: 10 kB of brackets would be 50 MB of them. */
const mostDepth = 64;

/**
 * JSON with each member on a line of its own, `undefined` where it is nested too deep for that. Only blanks change: numbers
 * keep all of their digits, and names that are there twice stay.
 */
export function formatJson(text: string): string | undefined {
  let depth = 0;
  const parts: string[] = [];
  const line = (): number => parts.push("\n", "  ".repeat(depth));
  let previous = "";
  for (const token of tokens(text)) {
    const closing = token === "}" || token === "]";
    if (closing) {
      depth--;
      if (previous !== "{" && previous !== "[") line();
    } else if (previous === "{" || previous === "[" || previous === ",") line();
    parts.push(token === ":" ? ": " : token);
    if (token === "{" || token === "[") depth++;
    if (depth > mostDepth) return undefined;
    previous = token;
  }
  return parts.join("");
}

/** JSON without blanks between its tokens. */
export function minifyJson(text: string): string {
  return tokens(text).join("");
}

/** Strings, signs, and what is between them. For text that is JSON. */
function tokens(text: string): string[] {
  return text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g) ?? [];
}
