import { once } from "node:events";
import type { Command } from "commander";
import type { Etcd } from "fetcd";
import type { MemoryEtcd } from "fetcd/memory";
import { argument, type GlobalOptions } from "./global-options.ts";
import { listArgument, wholeNumber } from "./key-argument.ts";
import { createOutput } from "./output.ts";
import { complain } from "./terminal.ts";
import { bytesIn, parsed, putAll } from "./transfer-commands.ts";

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly cors?: "*" | string[];
  readonly allowedHosts?: string[];
  readonly maxBodyBytes?: number;
  readonly quotaBytes?: number;
  readonly data?: string;
  readonly seed?: string;
}

/** How often what has changed is written to the file of `--data`, in milliseconds. */
const saveMs = 10_000;

/** `serve`: an etcd in memory for other programs. */
export function addServeCommand(program: Command): void {
  program
    .command("serve")
    .description("run an etcd in memory until interrupted; with --data it keeps its keys in a file")
    .option("--port <port>", "0 for any free one", argument(wholeNumber), 2379)
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--cors <origins>", "pages that may call it, separated by commas; * for all", originList)
    .option("--allowed-hosts <names>", "other names by which it is called, separated by commas", listArgument)
    .option("--max-body-bytes <n>", "most bytes of a request (default: 16 MiB)", argument(wholeNumber))
    .option("--quota-bytes <n>", "most bytes of the database (default: 2 GiB)", argument(wholeNumber))
    .option("--data <file>", "read keys and leases from a file, and keep it up to date")
    .option("--seed <file>", "start with the keys of a file that `export` wrote, unless --data has some")
    .action(async ({ port, host, cors, allowedHosts, maxBodyBytes, ...rest }: ServeFlags, command: Command) => {
      const options: GlobalOptions = command.optsWithGlobals();
      // No other command needs these: each starts sooner without.
      const [{ createMemoryEtcd }, { serve }] = await Promise.all([import("fetcd/memory"), import("fetcd/node")]);
      const memory = createMemoryEtcd(rest.quotaBytes === undefined ? {} : { quotaBytes: rest.quotaBytes });
      const keeping = await keep(memory, rest);
      const server = await serve(memory, {
        port,
        hostname: host,
        ...(cors !== undefined && { cors }),
        ...(allowedHosts !== undefined && { allowedHosts }),
        ...(maxBodyBytes !== undefined && { maxBodyBytes }),
      });
      keeping.begin();
      await createOutput(options).say(`etcd in memory at ${server.url}`, { url: server.url });
      await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
      await server.close();
      await keeping.end();
      memory.close();
    });
}

/** What `--data` does while the server runs. */
interface Keeping {
  /** Writes what changes to the file now and then, from now on. */
  begin(): void;
  /** Writes the file a last time. */
  end(): Promise<void>;
}

/** Fills the store. */
async function keep(memory: MemoryEtcd, { data, seed }: Pick<ServeFlags, "data" | "seed">): Promise<Keeping> {
  if (data === undefined && seed === undefined) return { begin: () => undefined, end: () => Promise.resolve() };
  const [{ createEtcd }, files] = await Promise.all([import("fetcd"), import("./data-file.ts")]);
  // Users that its clients make do not lock it out.
  const etcd = createEtcd({ fetch: memory.fetch, auth: { token: async () => memory.signIn("root") } });
  let known = data === undefined ? "" : await files.stateOf(data);
  const loaded = data === undefined ? undefined : await files.loadData(etcd, data);
  if (seed !== undefined && loaded === undefined) await sow(etcd, seed);
  let saved = loaded === undefined ? undefined : memory.revision;
  const save = async (file: string): Promise<void> => {
    const { revision } = memory;
    await files.saveData(etcd, file, known);
    known = await files.stateOf(file);
    saved = revision;
  };
  let saving = Promise.resolve();
  const now = (file: string): void => {
    if (memory.revision === saved) return;
    saving = saving
      .then(() => save(file))
      .catch((error: unknown) =>
        complain(`${file}: not saved: ${error instanceof Error ? error.message : String(error)}`),
      );
  };
  // What cannot be written is found out at once.
  if (data !== undefined && loaded === undefined) await save(data);
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    begin() {
      if (data !== undefined) timer = setInterval(() => now(data), saveMs);
    },
    async end() {
      clearInterval(timer);
      await saving;
      // Leases change without a revision.
      if (data !== undefined) await save(data);
      await etcd.close();
    },
  };
}

async function sow(etcd: Etcd, file: string): Promise<void> {
  const { signal } = new AbortController();
  await putAll(etcd, parsed(await bytesIn(file, signal)), signal);
}

function originList(text: string): "*" | string[] {
  return text === "*" ? text : listArgument(text);
}
