/** The beginning of a long text. The mark tells a search for secrets where one may be cut in two. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
