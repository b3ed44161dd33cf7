import { wrap } from "./wrap.ts";

/** The width at which etcdctl breaks the text of a cell, at spaces. */
const widest = 30;

/** Draws a table as etcdctl does: titles centred, cells aligned to the right, long texts on several lines. */
export function drawTable(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const wrapped = rows.map((row) => row.map((cell) => wrap(cell, widest)));
  const widths = titles.map((title, i) => Math.max(width(title), ...wrapped.map((row) => row[i]?.width ?? 0)));
  const rule = `+${widths.map((each) => "-".repeat(each + 2)).join("+")}+`;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const right = (text: string, i: number): string => " ".repeat((widths[i] ?? 0) - width(text)) + text;
  return [
    rule,
    line(titles.map((title, i) => centred(title, widths[i] ?? 0))),
    rule,
    ...wrapped.flatMap((row) => {
      const height = Math.max(...row.map(({ lines }) => lines.length));
      return Array.from({ length: height }, (_, at) => line(row.map(({ lines }, i) => right(lines[at] ?? "", i))));
    }),
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
