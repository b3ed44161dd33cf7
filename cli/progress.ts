/** How long work is going on without a word, in milliseconds: on a terminal, and where a file or a pipe is written to. */
const terminalMs = 100;
const pipeMs = 5_000;

/** Says on standard error how far long work is: one line that changes on a terminal, now and then a line elsewhere. */
export interface Progress {
  at(text: string): void;
  done(): void;
}

export function reportProgress(what: string, quiet: boolean, error: NodeJS.WriteStream = process.stderr): Progress {
  if (quiet) return { at: () => undefined, done: () => undefined };
  const terminal = error.isTTY;
  const [before, after] = colours(error);
  let last = performance.now();
  let drawn = false;
  return {
    at(text) {
      const now = performance.now();
      if (now - last < (terminal ? terminalMs : pipeMs)) return;
      last = now;
      drawn = true;
      error.write(terminal ? `\r\u001b[K${before}${what}:${after} ${text}` : `${what}: ${text}\n`);
    },
    done() {
      if (terminal && drawn) error.write("\r\u001b[K");
    },
  };
}

/** Bold, where the terminal has colours and nobody has turned them off (https://no-color.org). */
function colours(error: NodeJS.WriteStream): readonly [string, string] {
  const plain = !error.isTTY || (process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb";
  return plain ? ["", ""] : ["\u001b[1m", "\u001b[0m"];
}
