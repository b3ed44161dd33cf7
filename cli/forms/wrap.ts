/** A text on several lines, and the width of the column that it needs. */
export interface Wrapped {
  readonly lines: readonly string[];
  readonly width: number;
}

/**
 * Breaks a text at spaces so that no line is wider than `widest`, unless a single word is. Minimizes the sum of the squares
 * of the free space on each line except the last, as the table library of etcdctl does.
 */
export function wrap(text: string, widest: number): Wrapped {
  const words = text.split(/[ \n]/);
  const limit = Math.max(Math.min(widest, length(text)), ...words.map(length));
  /** For each word, the best way to break the text from there on: its cost, and the word that starts the next line. */
  const best: { cost: number; next: number }[] = [];
  for (let from = words.length - 1; from >= 0; from--) {
    best[from] = { cost: 0, next: words.length };
    if (length(words.slice(from).join(" ")) <= limit) continue;
    best[from] = { cost: Infinity, next: words.length };
    for (let next = from + 1; next < words.length; next++) {
      const free = limit - length(words.slice(from, next).join(" "));
      if (free < 0) break;
      const cost = free ** 2 + (best[next]?.cost ?? 0);
      if (cost < (best[from]?.cost ?? 0)) best[from] = { cost, next };
    }
  }
  const lines: string[] = [];
  for (let from = 0; from < words.length; from = best[from]?.next ?? words.length) {
    lines.push(words.slice(from, best[from]?.next).join(" "));
  }
  return { lines, width: limit };
}

function length(text: string): number {
  return [...text].length;
}
