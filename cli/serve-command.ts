import { once } from "node:events";
import type { Command } from "commander";
import { argument, type GlobalOptions } from "./global-options.ts";
import { wholeNumber } from "./key-argument.ts";
import { createOutput } from "./output.ts";

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly cors?: "*" | string[];
  readonly allowedHosts?: string[];
  readonly maxBodyBytes?: number;
}

/** `serve`: an etcd in memory for other programs. */
export function addServeCommand(program: Command): void {
  program
    .command("serve")
    .description("run an etcd in memory, until interrupted; it keeps nothing on disk")
    .option("--port <port>", "0 for any free one", argument(wholeNumber), 2379)
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--cors <origins>", "pages that may call it, separated by commas; * for all", originList)
    .option("--allowed-hosts <names>", "other names by which it is called, separated by commas", listed)
    .option("--max-body-bytes <n>", "most bytes of a request (default: 16 MiB)", argument(wholeNumber))
    .action(async ({ port, host, cors, allowedHosts, maxBodyBytes }: ServeFlags, command: Command) => {
      const options: GlobalOptions = command.optsWithGlobals();
      // No other command needs these: each starts sooner without.
      const [{ createMemoryEtcd }, { serve }] = await Promise.all([import("fetcd/memory"), import("fetcd/node")]);
      const memory = createMemoryEtcd();
      const server = await serve(memory, {
        port,
        hostname: host,
        ...(cors !== undefined && { cors }),
        ...(allowedHosts !== undefined && { allowedHosts }),
        ...(maxBodyBytes !== undefined && { maxBodyBytes }),
      });
      await createOutput(options).say(`etcd in memory at ${server.url}`, { url: server.url });
      await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
      await server.close();
      memory.close();
    });
}

function listed(text: string): string[] {
  return text.split(",").map((each) => each.trim());
}

function originList(text: string): "*" | string[] {
  return text === "*" ? text : listed(text);
}
