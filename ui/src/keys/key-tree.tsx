import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { bytesOf, labelOf } from "./key-id.ts";
import { moved } from "./tree-keys.ts";
import type { Row } from "./tree-state.ts";
import type { TreeStore } from "./tree-store.ts";

/** Height of a row in pixels, as in the style sheet: only the rows in sight are in the page, however many there are. */
const rowHeight = 26;

interface Props {
  readonly store: TreeStore;
  readonly selected: string | undefined;
  onSelect(id: string): void;
}

/** The tree, for pointer and keyboard, as the ARIA tree pattern has it. */
export function KeyTree({ store, selected, onSelect }: Props): JSX.Element {
  const rows = store.rows.value;
  const top = useSignal(0);
  const height = useSignal(600);
  const active = useSignal(0);
  const box = useRef<HTMLDivElement>(null);
  const first = Math.max(0, Math.floor(top.value / rowHeight) - 5);
  const seen = rows.slice(first, first + Math.ceil(height.value / rowHeight) + 10);
  const at = Math.min(active.value, rows.length - 1);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => (height.value = element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // The end of what was read is in sight: read on.
  useEffect(() => {
    for (const { node } of seen) if (node.kind === "more") store.more(node.folder);
  });

  function choose(row: Row | undefined): void {
    if (row?.node.kind === "folder") store.toggle(row.node);
    if (row?.node.kind === "key") onSelect(row.node.id);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const row = rows[at];
    if (event.key === "Enter" || event.key === " ") choose(row);
    else {
      const step = moved(event.key, rows, at);
      if (step === undefined) return;
      if (step === "toggle") choose(row);
      else show(step);
    }
    event.preventDefault();
  }

  function show(index: number): void {
    active.value = index;
    const element = box.current;
    if (element === null) return;
    const [start, end] = [index * rowHeight, (index + 1) * rowHeight];
    if (start < element.scrollTop) element.scrollTop = start;
    if (end > element.scrollTop + element.clientHeight) element.scrollTop = end - element.clientHeight;
  }

  return (
    <div
      class="tree"
      role="tree"
      aria-label="Keys"
      tabIndex={0}
      ref={box}
      aria-activedescendant={rows.length > 0 ? `row-${at}` : undefined}
      onKeyDown={onKeyDown}
      onScroll={(event) => (top.value = event.currentTarget.scrollTop)}
    >
      <div role="presentation" style={{ height: `${rows.length * rowHeight}px` }}>
        {seen.map((row, i) => {
          const index = first + i;
          const { node, level } = row;
          return (
            <div
              key={node.id}
              id={`row-${index}`}
              role="treeitem"
              aria-level={level}
              aria-expanded={node.kind === "folder" ? node.open : undefined}
              aria-selected={node.id === selected}
              class={index === at ? "row active" : "row"}
              style={{ top: `${index * rowHeight}px`, paddingLeft: `${level * 16 - 8}px` }}
              onClick={() => {
                active.value = index;
                choose(row);
              }}
            >
              {node.kind === "more" ? "…" : nameOf(node.id, node.kind === "folder")}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The last part of a path; of a folder with its delimiter. */
function nameOf(id: string, folder: boolean): string {
  const from = id.lastIndexOf("/", folder ? id.length - 2 : id.length) + 1;
  return labelOf(bytesOf(id.slice(from))) || "(empty name)";
}
