import { once } from "node:events";
import type { Command } from "commander";
import type { Etcd } from "fetcd";
import type { MemoryEtcd } from "fetcd/memory";
import { argument, type GlobalOptions } from "./global-options.ts";
import { fileArgument, listArgument, wholeNumber } from "./key-argument.ts";
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

/** How often changes are written to the file of `--data`, in milliseconds. */
const saveMs = 10_000;

/** `serve`: an etcd in memory for other programs. */
export function addServeCommand(program: Command): void {
  program
    .command("serve")
    .description("run an etcd in memory until interrupted; with --data it keeps its keys in a file")
    .option("--port <port>", "port to listen on; 0: any free port", argument(wholeNumber), 2379)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--cors <origins>", "origins of web pages that may call it, separated by commas; * for all", originList)
    .option("--allowed-hosts <names>", "other host names that clients call it by, separated by commas", listArgument)
    .option("--max-body-bytes <n>", "maximum bytes of a request (default: 16 MiB)", argument(wholeNumber))
    .option("--quota-bytes <n>", "maximum bytes of the database (default: 2 GiB)", argument(wholeNumber))
    .option("--data <file>", "keep keys and leases in a file: read at the start, updated while it runs", fileArgument)
    .option("--seed <file>", "start with the keys of a file that `export` wrote, unless the file of --data exists")
    .action(async ({ port, host, cors, allowedHosts, maxBodyBytes, ...rest }: ServeFlags, command: Command) => {
      const options: GlobalOptions = command.optsWithGlobals();
      // Imported only here, so that other commands start faster.
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

/** Keeps the file of `--data` up to date while the server runs. */
interface Keeping {
  /** From now on, writes changes to the file regularly. */
  begin(): void;
  /** Writes the file one last time. */
  end(): Promise<void>;
}

/** Fills the store from the files. */
async function keep(memory: MemoryEtcd, { data, seed }: Pick<ServeFlags, "data" | "seed">): Promise<Keeping> {
  if (data === undefined && seed === undefined) return { begin: () => undefined, end: () => Promise.resolve() };
  const [{ createEtcd }, files] = await Promise.all([import("fetcd"), import("./data-file.ts")]);
  // Signs in as root, so that it keeps its access when clients turn authentication on.
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
  // Written at once, so that a file that cannot be written fails at the start.
  if (data !== undefined && loaded === undefined) await save(data);
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    begin() {
      if (data !== undefined) timer = setInterval(() => now(data), saveMs);
    },
    async end() {
      clearInterval(timer);
      await saving;
      // Always written, since leases change without a new revision.
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
