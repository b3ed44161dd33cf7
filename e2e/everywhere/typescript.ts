import { join } from "node:path";
import { typeFaults } from "../../test/package/consumer-types.ts";
import { entries } from "../../test/package/project.ts";
import type { HostCheck, HostReport } from "./host-check.ts";
import { type Consumer, withConsumer } from "./installed-packages.ts";
import { manifest } from "./find-program.ts";

const specifiers = entries.map(({ subpath }) => manifest.name + subpath.slice(1));
const program = "node_modules/typescript/bin/tsc";

/** Where programs run, as TypeScript is told. */
const worlds = {
  "the DOM": { lib: ["es2022", "dom", "dom.iterable"], types: [] },
  "the types of Workers": { lib: ["es2022"], types: ["@cloudflare/workers-types"] },
  "the types of Node": { lib: ["es2022"], types: ["node"] },
};
const resolutions = {
  "as Node does": { module: "nodenext" },
  "as bundlers do": { module: "esnext", moduleResolution: "bundler" },
};

/** The declarations of every entry and of what they lead to, checked strictly by one TypeScript. */
function typeScriptHost(version: string): HostCheck {
  const { "@openfeature/core": openfeature, "@types/node": node } = manifest.devDependencies;
  const packages = [
    `typescript@${version}`,
    `@types/node@${node}`,
    "@cloudflare/workers-types@5.20261117.1",
    `@openfeature/core@${openfeature}`,
  ];
  return {
    name: `TypeScript ${version.split(".").slice(0, 2).join(".")}`,
    version,
    run: () => withConsumer({ place: `typescript/${version}`, packages, program }, check),
  };
}

async function check({ folder, above }: Consumer): Promise<HostReport> {
  const faults: string[] = [];
  let passed = 0;
  for (const [world, types] of Object.entries(worlds)) {
    for (const [resolution, module] of Object.entries(resolutions)) {
      const found = await typeFaults(join(above, program), folder, { ...types, ...module }, specifiers);
      if (found.length === 0) passed++;
      faults.push(...found.map((fault) => `with ${world}, found ${resolution}: ${fault}`));
    }
  }
  return { passed, faults };
}

/** The oldest that the declarations are for, and the newest of each major after it. */
export const typeScriptHosts: readonly HostCheck[] = ["5.9.3", "6.0.3", "7.0.2"].map(typeScriptHost);
