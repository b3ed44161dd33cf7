import { existsSync, statSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";

/** Where the site of a file is kept, and what it may lead to. */
export interface LinkPlaces {
  /** The project's folder. */
  readonly root: string;
  /** The folder that the pages are written to, as `root` has them below it. */
  readonly folder: string;
  /** The pages of the site. */
  readonly pages: ReadonlySet<string>;
  /** The repository, for everything else. */
  readonly repository: string;
}

/** Links to what the site shows stay; pictures are taken from the project; everything else is looked at in the repository. */
export function withSiteLinks(text: string, path: string, places: LinkPlaces): string {
  const { root, folder, pages, repository } = places;
  return text.replaceAll(
    /(!?)(\[[^\]]*\]\()(?!\w+:)([^)#\s]+)((?:#[^)\s]*)?\))/g,
    (whole, picture, before, to, after) => {
      const target = posix.normalize(posix.join(posix.dirname(path), to));
      if (pages.has(target)) return whole;
      const file = join(root, target);
      if (!existsSync(file)) throw new Error(`${path} leads to ${target}, which is not there`);
      if (picture === "!") return `!${before}${relative(dirname(join(folder, path)), file)}${after}`;
      return `${before}${repository}/${statSync(file).isDirectory() ? "tree" : "blob"}/main/${target}${after}`;
    },
  );
}
