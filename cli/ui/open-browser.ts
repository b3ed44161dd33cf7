import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Opens the user's browser. The address contains the secret, and every user of this machine can see the arguments of
 * programs. So the browser gets a file that only this user can read and that redirects to the address. Resolves with a
 * function that deletes the file.
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
