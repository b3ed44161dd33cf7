import { compareText } from "../bytes.ts";

export function sortedTexts(all: Iterable<string>): string[] {
  return [...all].sort(compareText);
}
