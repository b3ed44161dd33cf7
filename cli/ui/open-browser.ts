import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Opens the user's browser. The address holds the secret, and everybody on this machine sees the arguments of programs:
 * the browser gets a file that nobody else can read, which leads there. Resolves with what deletes it.
 */
export async function openBrowser(url: string): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "fetcd-ui-"));
  const file = join(folder, "open.html");
  await writeFile(
    file,
    `<!doctype html><meta http-equiv="refresh" content="0;url=${url}"><a href="${url}">fetcd ui</a>`,
    {
      mode: 0o600,
    },
  );
  const [command, ...args] = opener(process.platform);
  const child = spawn(command, [...args, pathToFileURL(file).href], { stdio: "ignore", detached: true });
  child.once("error", () => process.stderr.write(`Could not start ${command}: open the address yourself.\n`));
  child.unref();
  return () => rm(folder, { recursive: true, force: true });
}

function opener(platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  return ["xdg-open"];
}
