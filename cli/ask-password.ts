import type { ReadStream } from "node:tty";
import { badArguments, ExitError } from "./exit-error.ts";

/** Asks on the terminal, without showing what is typed. Rejects if there is no terminal to ask on. */
export async function askPassword(user: string, input: ReadStream = process.stdin): Promise<string> {
  if (!input.isTTY || !process.stderr.isTTY) {
    throw new Error(
      "--user: no password was given, and there is no terminal to ask for one; use --password-file or ETCDCTL_PASSWORD",
    );
  }
  return hidden(`Password of ${JSON.stringify(user)}: `, input);
}

/**
 * Reads a new password for a user. A terminal is asked twice. Otherwise two lines of standard input are read, or only one
 * if `interactive` is false. Rejects if the two differ or the password is empty.
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

/** Asks `question`, and reads a line without showing what is typed. */
async function hidden(question: string, input: ReadStream): Promise<string> {
  // Before the question, so that even what is typed at once stays hidden.
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

/** In raw mode the terminal passes on every key, so Ctrl+C and the like are handled here. */
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
        if (key === "\u0004") return done(() => reject(new Error("no password was given")));
        if (key === "\u0015") text = "";
        else if (key === "\u007f" || key === "\b") text = [...text].slice(0, -1).join("");
        else text += key;
      }
    };
    input.on("data", typed).resume();
  });
}
