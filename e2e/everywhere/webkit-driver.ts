import { spawn } from "node:child_process";
import { run } from "../run.ts";
import { freePort } from "../ports.ts";
import { poll } from "../poll.ts";
import { killWithUs } from "../watchdog.ts";

/** A running WebDriver of a WebKit. */
export interface WebKitDriver {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a driver, under a display of its own where its browser needs one. */
export async function webkitDriver(path: string, xvfbRun: string | undefined): Promise<WebKitDriver> {
  const port = await freePort();
  const command = [path, `--port=${port}`];
  const [program = "", ...args] = xvfbRun === undefined ? command : [xvfbRun, "-a", ...command];
  // A group of its own, which ends as a whole: xvfb-run leaves what it has started.
  const child = spawn(program, args, { stdio: "ignore", detached: true });
  const group = child.pid;
  if (group === undefined) throw new Error(`${program} does not start`);
  const forget = killWithUs(-group);
  let exited = false;
  const gone = new Promise<void>((resolve) =>
    child.once("close", () => {
      exited = true;
      resolve();
    }),
  );
  const close = async (): Promise<void> => {
    if (!exited) process.kill(-group, "SIGTERM");
    await gone;
    forget();
  };
  try {
    await poll(`${path} listens`, 20_000, async () => {
      if (exited) throw new Error(`${program} has ended`);
      return (await fetch(`http://127.0.0.1:${port}/status`).catch(() => undefined))?.ok === true ? true : undefined;
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { port, close };
}

/** The version of an installed Debian package. */
export async function debianVersion(name: string): Promise<string> {
  const { stdout } = await run("dpkg-query", ["-W", "-f", "${Version}", name]);
  return /^\d[\d.]*/.exec(stdout)?.[0] ?? "";
}
