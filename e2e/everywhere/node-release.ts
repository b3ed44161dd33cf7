import { join } from "node:path";
import { packagesFolder } from "./installed-packages.ts";

/**
 * The path of a Node of some major version: this one, or the newest from the package registry. (As a dependency of the
 * project the package would put itself in front of the Node that npm scripts run in.)
 */
export async function nodeRelease(major: string): Promise<string> {
  if (process.versions.node.split(".")[0] === major) return process.execPath;
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const program = `node_modules/${name}/bin/node`;
  return join(await packagesFolder({ place: `node/${major}`, packages: [`${name}@${major}`], program }), program);
}
