import type { SearchRecord } from "./records.ts";

/** The sections of a page as TypeDoc wrote it: what stands under each heading, until the next one. */
export function sectionsOf(html: string, url: string, page: string): SearchRecord[] {
  const [, content] = /<div class="tsd-panel tsd-typography">(.*)<div class="col-sidebar">/s.exec(html) ?? [];
  if (content === undefined) throw new Error(`${url} has no text`);
  const headings = [...content.matchAll(/<h[1-4] id="([^"]*)"[^>]*>(.*?)<\/h[1-4]>/gs)];
  return headings.map(({ 0: { length }, 1: id = "", 2: title = "", index }, i) => ({
    // The first heading is that of the page.
    url: i === 0 ? url : `${url}#${id}`,
    title: i === 0 ? page : textOf(title),
    parent: i === 0 ? "" : page,
    text: textOf(content.slice(index + length, headings[i + 1]?.index)),
    icon: "8388608",
    classes: "",
    section: true,
  }));
}

const characters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };

/** What a reader sees. Code is coloured within words, so that only the other tags end one. */
function textOf(html: string): string {
  return html
    .replaceAll(/<button\b.*?<\/button>/gs, " ")
    .replaceAll(/<\/?(?:span|code|a|strong|em)\b[^>]*>/g, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/&([#\w]+);/g, (whole, name: string) => characters[name] ?? whole)
    .replaceAll(/\s+/g, " ")
    .trim();
}
