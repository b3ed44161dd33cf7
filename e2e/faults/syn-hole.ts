import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

const listener = `
const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  console.log(server.address().port);
  process.kill(process.pid, "SIGSTOP");
});
`;

/**
 * A port where connections are neither taken nor refused: its process is stopped and its backlog full, so the kernel
 * drops every SYN. For one test; Linux.
 */
export async function synHole(): Promise<string> {
  const child = spawn(process.execPath, ["-e", listener], { stdio: ["ignore", "pipe", "inherit"] });
  const fillers: Socket[] = [];
  onTestFinished(() => {
    child.kill("SIGKILL");
    for (const socket of fillers) socket.destroy();
  });
  const port = Number(
    await new Promise<string>((resolve) => child.stdout.once("data", (line: Buffer) => resolve(line.toString()))),
  );
  for (let filled = 0; filled < 64; filled++) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    fillers.push(socket);
    const taken = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      setTimeout(() => resolve(false), 100);
    });
    if (!taken) return `http://127.0.0.1:${port}`;
  }
  throw new Error("the backlog does not fill up");
}
