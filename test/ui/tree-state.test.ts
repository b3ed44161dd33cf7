import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addRead,
  type Folder,
  find,
  folderGone,
  keyDeleted,
  keyPut,
  newRoot,
  rowIndexOf,
  rowsOf,
  setOpen,
  setRead,
} from "../../ui/src/keys/tree-state.ts";

/** All rows, the long way round. */
function naiveRows(folder: Folder, level = 1): string[] {
  const rows = folder.children.flatMap((node): string[] => [
    `${level} ${node.kind} ${node.id}`,
    ...(node.kind === "folder" && node.open ? naiveRows(node, level + 1) : []),
  ]);
  return folder.read === "whole" ? rows : [...rows, `${level} more ${folder.id}\u0100`];
}

const shownRows = (root: Folder, first?: number, count?: number): string[] =>
  rowsOf(root, first, count).map(({ node, level }) => `${level} ${node.kind} ${node.id}`);

function folderAt(root: Folder, path: string): Folder | undefined {
  let folder: Folder | undefined = root;
  for (let end = path.indexOf("/"); end >= 0 && folder !== undefined; end = path.indexOf("/", end + 1)) {
    const child = find(folder, path.slice(0, end + 1));
    folder = child?.kind === "folder" ? child : undefined;
  }
  return folder;
}

const key = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom("put", "delete"), key }),
  fc.record({ kind: fc.constantFrom("toggle", "whole", "partly", "gone"), key: key.map((each) => `${each}/`) }),
);

describe("the tree of keys", () => {
  it("shows the same rows as a walk over all of it, whatever part of them is asked for", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(30), fc.nat(10), (steps, first, count) => {
        const root = newRoot();
        setRead(root, "partly");
        for (const { kind, key: at } of steps) {
          const folder = at.endsWith("/") ? folderAt(root, at) : undefined;
          if (kind === "put") keyPut(root, at);
          else if (kind === "delete") keyDeleted(root, at);
          else if (kind === "gone") folderGone(root, at);
          else if (folder !== undefined && kind === "toggle") setOpen(folder, folder.open ? "closed" : "open");
          else if (folder !== undefined && (kind === "whole" || kind === "partly")) {
            if (folder.read !== "whole") setRead(folder, kind);
          }
        }
        const all = naiveRows(root);
        expect(root.rows).toBe(all.length);
        expect(shownRows(root)).toEqual(all);
        expect(shownRows(root, first, count)).toEqual(all.slice(first, first + count));
        rowsOf(root).forEach(({ node }, i) => {
          if (node.kind !== "more") expect(rowIndexOf(root, node.id)).toBe(i);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("looks at a few of 200,000 keys for a screen of them", () => {
    const root = newRoot();
    for (let i = 0; i < 200_000; i++)
      addRead(root, { id: `k${String(i).padStart(7, "0")}`, isFolder: i % 1_000 === 0 });
    const folder = find(root, "k0050000");
    if (folder?.kind !== "folder") throw new Error("no folder");
    setOpen(folder, "open");
    const began = performance.now();
    for (let i = 0; i < 1_000; i++) rowsOf(root, 199_000, 40);
    // A thousand screens in the time that one walk over all takes.
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(rowIndexOf(root, "k0199999")).toBe(200_000);
  });

  it("does not show again what was deleted while it was read", () => {
    const root = newRoot();
    setRead(root, "partly");
    addRead(root, { id: "a", isFolder: false });
    keyDeleted(root, "a");
    addRead(root, { id: "a", isFolder: false });
    expect(shownRows(root)).toEqual(["1 more \u0100"]);
    keyPut(root, "a");
    expect(shownRows(root)).toEqual(["1 key a", "1 more \u0100"]);
  });
});
