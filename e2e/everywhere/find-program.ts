import { access, constants, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../../package.json" with { type: "json" };
import { run } from "../run.ts";

export { manifest };

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** The path of the first of some programs that is there: names are looked for in PATH. Rejects with what to do. */
export async function findProgram(names: readonly string[], hint: string): Promise<string> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const name of names) {
    for (const path of name.includes("/") ? [name] : folders.map((folder) => join(folder, name))) {
      if (await isProgram(path)) return path;
    }
  }
  throw new Error(`${names.join(" or ")} is not there: ${hint}`);
}

export async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The first number with dots that a program prints about itself. */
export async function askVersion(path: string, args: readonly string[] = ["--version"]): Promise<string> {
  const { code, stdout, stderr } = await run(path, args);
  const version = /\d+(?:\.\d+)+/.exec(stdout)?.[0];
  if (code !== 0 || version === undefined)
    throw new Error(`${path} ${args.join(" ")} says no version: ${stdout}${stderr}`);
  return version;
}

/** The version of an installed package. */
export async function packageVersion(name: string): Promise<string> {
  const text = await readFile(join(root, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
