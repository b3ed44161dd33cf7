/**
 * Quotes the value of a variable for a shell: in double quotes, as etcdctl prints it, or in single quotes if it has
 * characters with a special meaning in double quotes.
 */
export function shellQuote(text: string): string {
  return /^[\w.,:/=@%+[\]-]*$/.test(text) ? `"${text}"` : `'${text.replaceAll("'", `'\\''`)}'`;
}
