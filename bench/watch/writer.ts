import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What a writer is to do: so many puts, to the keys in turn, a few at a time. */
export interface Writes {
  readonly endpoint: string;
  readonly keys: readonly string[];
  readonly puts: number;
  readonly value: string;
}

export interface Writer extends Disposable {
  /** Resolves when all have been answered. */
  write(writes: Writes): Promise<void>;
}

/** Writes from another process, whose processor time is not that of the one that watches. */
export function startWriter(): Writer {
  const file = fileURLToPath(new URL("writer-child.ts", import.meta.url));
  const child: ChildProcess = fork(file, { execArgv: ["--import", "tsx"] });
  return {
    async write(writes) {
      child.send(writes);
      await once(child, "message");
    },
    [Symbol.dispose]() {
      child.kill();
    },
  };
}
