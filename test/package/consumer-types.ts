import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../e2e/run.ts";

/**
 * What a TypeScript says of a program that uses the types of some modules, all of their declarations checked. Of each
 * line it has one mistake that it must see, which is none where the module's type is `any`.
 *
 * @param tsc its program
 * @param folder the program's, with the modules in `node_modules` there or above
 * @param options of the compiler, as in tsconfig.json
 */
export async function typeFaults(
  tsc: string,
  folder: string,
  options: object,
  specifiers: readonly string[],
): Promise<string[]> {
  const lines = specifiers.map((name, i) => `import * as m${i} from "${name}"; export const n${i}: number = m${i};`);
  await writeFile(join(folder, "consumer.ts"), lines.join("\n"));
  const compilerOptions = { noEmit: true, strict: true, skipLibCheck: false, target: "es2022", ...options };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
  const { stdout, stderr } = await run(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { cwd: folder });
  const errors = `${stdout}\n${stderr}`.split("\n").filter((line) => /^\S/.test(line));
  const mistakes = specifiers.map((_, i) => new RegExp(`^consumer\\.ts\\(${i + 1},.* error TS2322: `));
  return [
    ...errors.filter((error) => !mistakes.some((mistake) => mistake.test(error))),
    ...specifiers.filter((_, i) => !errors.some((error) => mistakes[i]?.test(error))).map((name) => `${name} is any`),
  ];
}
