import { compareText } from "../store/bytes.ts";

export function sortedTexts(all: Iterable<string>): string[] {
  return [...all].sort(compareText);
}
