import type { ReadStream } from "node:tty";
import { badArguments, ExitError } from "./exit-error.ts";

/** Asks on the terminal, without showing what is typed. Rejects where there is no terminal to ask on. */
export async function askPassword(user: string, input: ReadStream = process.stdin): Promise<string> {
  if (!input.isTTY || !process.stderr.isTTY) {
    throw new Error(
      "--user: there is no password and no terminal to ask for one; use --password-file or ETCDCTL_PASSWORD",
    );
  }
  return hidden(`Password of ${JSON.stringify(user)}: `, input);
}

/**
 * A new password for a user: from the terminal, where it is asked for twice, or from lines of standard input, two of them
 * as well unless it is not to be interactive. Rejects where they differ, or for an empty one.
 */
export async function askNewPassword(
  user: string,
  interactive: boolean,
  input: ReadStream = process.stdin,
): Promise<string> {
  let [first, second] = ["", ""];
  if (interactive && input.isTTY) {
    first = await hidden(`Password of ${user}: `, input);
    second = await hidden(`Type password of ${user} again for confirmation: `, input);
  } else {
    const [one = "", two = ""] = await inputLines(input);
    [first, second] = [one, interactive ? two : one];
  }
  if (first === "") throw badArguments("empty password");
  if (first !== second) throw badArguments("given passwords are different");
  return first;
}

async function inputLines(input: ReadStream): Promise<string[]> {
  let text = "";
  for await (const piece of input) text += String(piece);
  return text.split(/\r?\n/);
}

/** What is typed without being shown. */
async function hidden(question: string, input: ReadStream): Promise<string> {
  // Before the question: what is typed at once is not shown either.
  input.setRawMode(true);
  process.stderr.write(question);
  try {
    return await typedLine(input);
  } finally {
    input.setRawMode(false);
    input.pause();
    process.stderr.write("\n");
  }
}

/** In raw mode the terminal hands on every key: Ctrl+C and the like are for us to tell. */
function typedLine(input: ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const done = (settle: () => void): void => {
      input.off("data", typed);
      settle();
    };
    const typed = (piece: Buffer | string): void => {
      for (const key of piece.toString()) {
        if (key === "\r" || key === "\n") return done(() => resolve(text));
        if (key === "\u0003") return done(() => reject(new ExitError("interrupted", "stopped")));
        if (key === "\u0004") return done(() => reject(new Error("there is no password")));
        if (key === "\u0015") text = "";
        else if (key === "\u007f" || key === "\b") text = [...text].slice(0, -1).join("");
        else text += key;
      }
    };
    input.on("data", typed).resume();
  });
}
