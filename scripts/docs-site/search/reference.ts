import type { Reflection } from "typedoc";
import type { SearchRecord } from "./records.ts";

/** What TypeDoc knows of the names that it shows. */
export interface NamePages {
  url(name: Reflection): string;
  icon(name: Reflection): string | number;
  classes(name: Reflection): string;
}

/** The names of the reference, each with what its comments say. */
export function namesOf(reflections: readonly Reflection[], pages: NamePages): SearchRecord[] {
  return reflections
    .filter((reflection) => !reflection.isDocument())
    .map((reflection) => ({
      url: pages.url(reflection),
      title: reflection.name,
      parent: reflection.parent === undefined || reflection.parent.isProject() ? "" : reflection.parent.getFullName(),
      text: commentsOf(reflection),
      icon: String(pages.icon(reflection)),
      classes: pages.classes(reflection),
      section: false,
    }));
}

function commentsOf(reflection: Reflection): string {
  const accessors = reflection.isDeclaration() ? [reflection.getSignature, reflection.setSignature] : [];
  const signatures = reflection.isDeclaration() ? (reflection.signatures ?? []) : [];
  return [reflection, ...signatures, ...accessors]
    .flatMap((holder) => holder?.comment ?? [])
    .flatMap(({ summary, blockTags }) => [summary, ...blockTags.map(({ content }) => content)])
    .map((parts) => parts.map(({ text }) => text).join(""))
    .join(" ")
    .replaceAll(/\s+/g, " ");
}
