/** A module that programs import the package by. */
export interface EntryModule {
  /** Path below src and dist without its ending: "index", "transport/index". */
  readonly name: string;
  readonly source: string;
}

/** One importable path of the package: `fetcd/transport` is built from src/transport/index.ts as dist/transport/index.js. */
export interface Entry extends EntryModule {
  /** As in the exports map: "." or "./transport". */
  readonly subpath: string;
  /** The module for programs that resolve the package by the `workerd` condition: the same names and types. */
  readonly workerd?: EntryModule;
}

/** The modules of all entries, whichever condition leads to them. */
export function entryModules(entries: readonly Entry[]): EntryModule[] {
  return entries.flatMap((entry) => (entry.workerd === undefined ? [entry] : [entry, entry.workerd]));
}

interface Conditions {
  readonly types: string;
  readonly workerd?: string;
  readonly default: string;
}

/**
 * The entries of an exports map. Every target but ./package.json has to name a declaration and the module beside it,
 * in that order and below ./dist; throws an Error that says what does not.
 */
export function sourceEntries(exports: Readonly<Record<string, string | Conditions>>): Entry[] {
  const code = Object.entries(exports).filter(([subpath]) => subpath !== "./package.json");
  return code.map(([subpath, target]) => {
    if (typeof target === "string") throw new Error(`"${subpath}" has no types`);
    const name = /^\.\/dist\/(.+)\.js$/.exec(target.default)?.[1];
    if (name === undefined) throw new Error(`"${subpath}" does not lead to a module in dist: ${target.default}`);
    const { workerd, ...usual } = target;
    const keys = workerd === undefined ? "types,default" : "types,workerd,default";
    if (Object.keys(target).join() !== keys || usual.types !== `./dist/${name}.d.ts`) {
      throw new Error(
        `"${subpath}" must name ./dist/${name}.d.ts as "types", before "default", and nothing else but "workerd" between them`,
      );
    }
    const wanted = subpath === "." ? ["index"] : [`${subpath.slice(2)}/index`, subpath.slice(2)];
    if (!wanted.includes(name)) throw new Error(`"${subpath}" leads to ${name}, not to ${wanted.join(" or ")}`);
    const entry = { subpath, name, source: `src/${name}.ts` };
    if (workerd === undefined) return entry;
    const own = subpath === "." ? "workerd" : `${subpath.slice(2)}/workerd`;
    if (workerd !== `./dist/${own}.js`) throw new Error(`"${subpath}" must name ./dist/${own}.js as "workerd"`);
    return { ...entry, workerd: { name: own, source: `src/${own}.ts` } };
  });
}
