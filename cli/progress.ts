/** Least time between two reports of progress, in milliseconds: on a terminal, and in a file or a pipe. */
const terminalMs = 100;
const pipeMs = 5_000;
/** Characters in a progress bar. */
const barLength = 24;

/** Where progress is written: standard error, or a substitute in tests. */
export interface ProgressTarget {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Reports the progress of long work on standard error: in one changing line on a terminal, in occasional lines elsewhere. */
export interface Progress {
  /** Reports progress in words and, if the total is known, as a share from 0 to 1, which a terminal shows as a bar. */
  at(text: string, share?: number): void;
  done(): void;
}

export function reportProgress(
  what: string,
  quiet: boolean,
  error: ProgressTarget = process.stderr,
  env: NodeJS.ProcessEnv = process.env,
): Progress {
  if (quiet) return { at: () => undefined, done: () => undefined };
  // A dumb terminal cannot overwrite a line.
  const redraws = error.isTTY === true && env["TERM"] !== "dumb";
  const [before, after] = hasColours(error, env) ? ["\u001b[1m", "\u001b[0m"] : ["", ""];
  let last = performance.now();
  let drawn = false;
  return {
    at(text, share) {
      const now = performance.now();
      if (now - last < (redraws ? terminalMs : pipeMs)) return;
      last = now;
      drawn = true;
      const line = `${before}${what}:${after} ${share === undefined ? "" : shareText(share, redraws)}${text}`;
      error.write(redraws ? `\r\u001b[K${line}` : `${line}\n`);
    },
    done() {
      if (redraws && drawn) error.write("\r\u001b[K");
    },
  };
}

function shareText(share: number, bar: boolean): string {
  const known = Math.min(1, Math.max(0, share));
  const percent = `${Math.floor(known * 100)} %, `;
  return bar ? `[${"#".repeat(Math.floor(known * barLength)).padEnd(barLength, "-")}] ${percent}` : percent;
}

/** `FORCE_COLOR` turns colours on everywhere; `NO_COLOR` (https://no-color.org) turns them off on terminals. */
function hasColours({ isTTY = false }: ProgressTarget, env: NodeJS.ProcessEnv): boolean {
  const { FORCE_COLOR: force = "", NO_COLOR: none = "", TERM: terminal } = env;
  if (force !== "") return force !== "0" && force !== "false";
  return isTTY && none === "" && terminal !== "dumb";
}
