import { compareText } from "../store/comparators.ts";

export function sortedTexts(all: Iterable<string>): string[] {
  return [...all].sort(compareText);
}
