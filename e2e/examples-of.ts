import { readFile } from "node:fs/promises";

export interface Example {
  /** The heading that it stands under. */
  readonly heading: string;
  readonly code: string;
}

/** The programs in a page of documentation, in order. Throws where two of them stand under one heading. */
export async function examplesOf(page: string): Promise<Example[]> {
  const found: Example[] = [];
  let heading = "";
  for (const { groups } of (await readFile(page, "utf8")).matchAll(parts)) {
    if (groups?.["code"] === undefined) heading = groups?.["heading"] ?? "";
    else found.push({ heading, code: groups["code"] });
  }
  if (new Set(found.map((each) => each.heading)).size < found.length) {
    throw new Error(`${page} has two examples under one heading`);
  }
  return found;
}

const parts = /^#+ (?<heading>.+)$|^```(?:ts|html)\n(?<code>[\s\S]*?)^```$/gm;
