import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Writable } from "node:stream";

const folderPrefix = "fetcd-rig-";

/*
 * A shell that reads "+ thing" and "- thing" lines, where a thing is a process id or a folder. When the line from
 * this process breaks, however this process ended, it kills the processes and removes the folders that are left.
 */
const script = `
trap '' INT TERM HUP
things=
newline='
'
while read -r sign thing; do
  kept=
  IFS=$newline
  for one in $things; do [ "$one" = "$thing" ] || kept="$kept$newline$one"; done
  unset IFS
  things=$kept
  [ "$sign" = + ] && things="$things$newline$thing"
done
IFS=$newline
for one in $things; do case $one in */*) ;; *) kill -9 "$one" ;; esac; done
for one in $things; do case $one in */${folderPrefix}*) rm -rf "$one" ;; esac; done
`;

let line: Writable | undefined;

function tell(text: string): void {
  if (!line) {
    // A session of its own: a Ctrl-C in the terminal must reach the tests, not their cleaner.
    const shell = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    shell.unref();
    line = shell.stdin;
    // Without an unref the open pipe would keep this process alive for ever.
    if ("unref" in line && typeof line.unref === "function") line.unref();
  }
  line.write(`${text}\n`);
}

/** Has a process killed when this one ends for whatever reason. Returns what takes that back, once it has exited. */
export function killWithUs(pid: number): () => void {
  tell(`+ ${pid}`);
  return () => tell(`- ${pid}`);
}

export interface RigFolder {
  readonly path: string;
  remove(): void;
}

/** A new temporary folder that is removed with `remove()`, or else when this process ends for whatever reason. */
export function rigFolder(parent = tmpdir()): RigFolder {
  const path = mkdtempSync(join(parent, folderPrefix));
  tell(`+ ${path}`);
  return {
    path,
    remove() {
      // rm -rf deserves a second look at its argument.
      if (!basename(path).startsWith(folderPrefix)) throw new Error(`not a folder of the rig: ${path}`);
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
      tell(`- ${path}`);
    },
  };
}
