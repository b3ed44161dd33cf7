import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../ui/icon.tsx";
import { bytesOf, labelOf } from "./key-id.ts";
import { moved } from "./tree-keys.ts";
import { refOf, type Row, rowsOf } from "./tree-state.ts";
import type { TreeStore } from "./tree-store.ts";

/** Height of a row in pixels, as in the style sheet. It must be known, since only the visible rows are in the page. */
const rowHeight = 26;
/** Browsers limit the height of a box. In a higher tree, one pixel of scrolling moves by more than one pixel. */
const mostHeight = 8_000_000;

interface Props {
  readonly store: TreeStore;
  readonly selected: string | undefined;
  /** Ids of the marked keys and folders, for actions on several at once. */
  readonly picked: ReadonlySet<string>;
  onSelect(id: string): void;
  onPick(id: string): void;
}

/** The tree of keys, for mouse and keyboard, by the ARIA tree pattern. */
export function KeyTree({ store, selected, picked, onSelect, onPick }: Props): JSX.Element {
  const { root } = store;
  const total = store.drawn.value >= 0 ? root.rows : 0;
  const top = useSignal(0);
  const height = useSignal(600);
  const active = useSignal(0);
  const box = useRef<HTMLDivElement>(null);
  const whole = total * rowHeight;
  const shown = Math.min(whole, mostHeight);
  // How many pixels of the tree one pixel of scrolling moves.
  const scale = whole > mostHeight ? (whole - height.value) / Math.max(1, mostHeight - height.value) : 1;
  const first = Math.max(0, Math.floor((top.value * scale) / rowHeight) - 5);
  const seen = rowsOf(root, first, Math.ceil(height.value / rowHeight) + 10);
  const at = Math.min(active.value, total - 1);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => (height.value = element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // The end of the loaded rows is visible: load more.
  useEffect(() => {
    for (const { node } of seen) if (node.kind === "more") store.more(node.folder);
  });

  function choose(row: Row | undefined): void {
    if (row === undefined || row.node.kind === "more") return;
    const ref = refOf(row.node);
    // The first click on an open folder shows it; a second click closes it.
    if (row.node.kind === "folder" && (ref === selected || !row.node.open)) store.toggle(row.node);
    onSelect(ref);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [row] = rowsOf(root, at, 1);
    if (event.key === "Enter") choose(row);
    else if (event.key === " ") {
      if (row !== undefined && row.node.kind !== "more") onPick(refOf(row.node));
    } else {
      const step = moved(event.key, root, at);
      if (step === undefined) return;
      if (step !== "toggle") show(step);
      else if (row?.node.kind === "folder") store.toggle(row.node);
    }
    event.preventDefault();
  }

  function show(index: number): void {
    active.value = index;
    const element = box.current;
    if (element === null) return;
    const [start, end] = [(index * rowHeight) / scale, ((index + 1) * rowHeight) / scale];
    if (start < element.scrollTop) element.scrollTop = start;
    if (end > element.scrollTop + element.clientHeight) {
      element.scrollTop = ((index + 1) * rowHeight - element.clientHeight) / scale + (scale > 1 ? 1 : 0);
    }
  }

  /** Where a row is drawn, so that its distance from the top of the visible part is the same as in the tree. */
  const placeOf = (index: number): number => top.value + index * rowHeight - top.value * scale;

  return (
    <div
      class="tree"
      role="tree"
      aria-label="Keys"
      aria-multiselectable={picked.size > 0}
      tabIndex={0}
      ref={box}
      aria-activedescendant={total > 0 ? `row-${at}` : undefined}
      onKeyDown={onKeyDown}
      onScroll={(event) => (top.value = event.currentTarget.scrollTop)}
    >
      <div role="presentation" style={{ height: `${shown}px`, position: "relative", overflow: "hidden" }}>
        {seen.map(({ node, level }, i) => {
          const index = first + i;
          const ref = refOf(node);
          const marked = picked.has(ref);
          return (
            <div
              key={ref}
              id={`row-${index}`}
              role="treeitem"
              aria-level={level}
              aria-expanded={node.kind === "folder" ? node.open : undefined}
              aria-selected={ref === selected || marked}
              class={`item${index === at ? " active" : ""}${marked ? " picked" : ""}`}
              style={{ transform: `translateY(${placeOf(index)}px)`, marginLeft: `${level * 14 - 10}px` }}
              onClick={(event) => {
                active.value = index;
                if ((event.ctrlKey || event.metaKey || event.shiftKey) && node.kind !== "more") onPick(ref);
                else choose({ node, level });
              }}
            >
              {node.kind === "folder" && <Icon name="open" className="turn" />}
              {node.kind !== "more" && <Icon name={marked ? "check" : node.kind === "folder" ? "folder" : "file"} />}
              <span>{node.kind === "more" ? "…" : nameOf(node.id, node.kind === "folder")}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The last part of a path, with a delimiter at its end. A key that ends with one has the same name as its folder. */
function nameOf(id: string, folder: boolean): string {
  const name = labelOf(bytesOf(id.slice(id.slice(0, -1).lastIndexOf("/") + 1)));
  return !folder && id.endsWith("/") ? `${name} (key)` : name;
}
