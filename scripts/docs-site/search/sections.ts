import { Window } from "happy-dom";
import type { SearchRecord } from "./records.ts";

/** The sections of a page as it was written: what stands under each heading, until the next one. */
export function sectionsOf(html: string, url: string, page: string): SearchRecord[] {
  const window = new Window({ settings: { disableJavaScriptEvaluation: true } });
  const { document } = window;
  document.write(html);
  const content = document.querySelector(".col-content .tsd-typography");
  if (content === null) throw new Error(`${url} has no text`);
  const sections: { id: string; title: string; text: string }[] = [];
  for (const child of content.children) {
    if (/^H[1-4]$/.test(child.tagName)) sections.push({ id: child.id, title: child.textContent.trim(), text: "" });
    else {
      const last = sections.at(-1);
      if (last !== undefined) last.text += ` ${child.textContent.replaceAll(/\s+/g, " ").trim()}`;
    }
  }
  window.close();
  return sections.map(({ id, title, text }, i) => ({
    // The first heading is that of the page.
    url: i === 0 ? url : `${url}#${id}`,
    title: i === 0 ? page : title,
    parent: i === 0 ? "" : page,
    text: text.trim(),
    icon: "8388608",
    classes: "",
    section: true,
  }));
}
