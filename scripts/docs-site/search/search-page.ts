import { createSearch, type Search } from "./ranking.ts";
import type { SearchRecord } from "./records.ts";

// What the pages of the site load as TypeDoc's index of names. TypeDoc's own search finds that empty, and leaves its field
// and its list to this one; it still opens the dialog, and lets the keys move in the list.

/** Everything to find, which the build of the site puts before this script. */
declare const searchRecords: readonly SearchRecord[];

function part<E extends Element = Element>(selector: string): E {
  const found = document.querySelector<E>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

function resultOf(record: SearchRecord, number: number): HTMLLIElement {
  const item = document.createElement("li");
  item.id = `tsd-search-result-${number}`;
  item.role = "option";
  item.ariaSelected = "false";
  item.className = record.classes;
  const link = document.createElement("a");
  link.tabIndex = -1;
  link.href = `${document.documentElement.dataset["base"]?.replace(/\/?$/, "/") ?? ""}${record.url}`;
  link.innerHTML = `<svg width="20" height="20" class="tsd-kind-icon" aria-hidden="true"><use href="#icon-${record.icon}"></use></svg>`;
  const text = document.createElement("span");
  text.className = "text";
  if (record.parent !== "") {
    const parent = document.createElement("span");
    parent.className = "parent";
    parent.textContent = record.section ? `${record.parent}: ` : `${record.parent}.`;
    text.append(parent);
  }
  text.append(record.title);
  link.append(text);
  item.append(link);
  return item;
}

function start(): void {
  const field = part<HTMLInputElement>("#tsd-search-input");
  const status = part("#tsd-search-status");
  const results = part("#tsd-search-results");
  let search: Search | undefined;
  function show(): void {
    const typed = field.value.trim();
    search ??= createSearch(searchRecords);
    const found = search(typed);
    field.setAttribute("aria-activedescendant", "");
    results.replaceChildren(...found.map(resultOf));
    status.textContent = found.length === 0 && typed !== "" ? `No results found for “${typed}”` : "";
  }
  field.addEventListener("input", show);
  show();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
