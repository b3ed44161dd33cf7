/** Lines of a table as etcdctl draws them: titles centred, numbers and such to the right, other texts to the left. */
export function drawTable(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = titles.map((title, i) => Math.max(width(title), ...rows.map((row) => width(row[i] ?? ""))));
  const rule = `+${widths.map((each) => "-".repeat(each + 2)).join("+")}+`;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    rule,
    line(titles.map((title, i) => centred(title, widths[i] ?? 0))),
    rule,
    ...rows.map((row) => line(row.map((cell, i) => " ".repeat((widths[i] ?? 0) - width(cell)) + cell))),
    ...(rows.length > 0 ? [rule] : []),
  ];
}

function width(text: string): number {
  return [...text].length;
}

function centred(text: string, to: number): string {
  const left = Math.floor((to - width(text)) / 2);
  return " ".repeat(left) + text + " ".repeat(to - width(text) - left);
}
