/** Deeper JSON is not formatted: its indentation grows with the square of the depth, to 50 MB for 10 kB of brackets. */
const mostDepth = 64;

/**
 * Formats JSON with each member on its own line; `undefined` if it is nested too deep. Only whitespace changes: numbers
 * keep all their digits, and duplicate names stay.
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

/** Removes the whitespace between the tokens of JSON. */
export function minifyJson(text: string): string {
  return tokens(text).join("");
}

/** Splits valid JSON into strings, punctuation, and what is between them. */
function tokens(text: string): string[] {
  return text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g) ?? [];
}
