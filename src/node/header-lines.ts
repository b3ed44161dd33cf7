// Headers as Node takes and gives them: names and values in turn.

/** Of the connection, which is not the caller's. */
const connectionHeaders = /^(?:connection|keep-alive|proxy-connection|transfer-encoding|upgrade|expect|trailer)$/i;

/** What a caller of fetch gives. Node checks names and values when it writes them. */
export function headerLines(headers: RequestInit["headers"]): string[] {
  const lines: string[] = [];
  if (headers === undefined || headers === null) return lines;
  const pairs = Symbol.iterator in headers ? headers : Object.entries(headers);
  for (const [name, value] of pairs as Iterable<readonly [string, unknown]>) {
    if (connectionHeaders.test(name)) throw new TypeError(`fetch: the header ${name} cannot be set`);
    lines.push(name, String(value).trim());
  }
  return lines;
}

/** `name` in lower case. */
export function has(lines: readonly string[], name: string): boolean {
  return headerValue(lines, name) !== undefined;
}

/** The first value of a header; `name` in lower case. */
export function headerValue(lines: readonly string[], name: string): string | undefined {
  for (let i = 0; i < lines.length; i += 2) if (lines[i]?.toLowerCase() === name) return lines[i + 1];
  return undefined;
}
