/**
 * A value of a variable as a shell takes it: in double quotes as etcdctl prints it where nothing in it means something
 * there, else in single ones.
 */
export function shellQuote(text: string): string {
  return /^[\w.,:/=@%+[\]-]*$/.test(text) ? `"${text}"` : `'${text.replaceAll("'", `'\\''`)}'`;
}
