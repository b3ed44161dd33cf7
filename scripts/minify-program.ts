import { minify, type Plugin } from "vite";

/** Minifies the chunks of the program, which nobody imports: those with modules of the folder `cli`. */
export function minifyProgram(cli: string): Plugin {
  return {
    name: "minify-program",
    async generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk" || !chunk.moduleIds.some((id) => id.startsWith(cli))) continue;
        chunk.code = (await minify(chunk.fileName, chunk.code, { module: true })).code;
      }
    },
  };
}
