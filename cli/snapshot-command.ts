import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Command } from "commander";
import { act } from "./context.ts";

/** `snapshot save`. The file has its name only once it is whole and checked. */
export function addSnapshotCommand(program: Command): void {
  const snapshot = program.command("snapshot").description("the database as a file");
  snapshot
    .command("save <file>")
    .description("write a snapshot that `etcdutl snapshot restore` takes")
    .action((file: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const partial = `${file}.part`;
        const target = await created(partial);
        let bytes = 0;
        try {
          for await (const piece of etcd.maintenance.snapshot({ signal })) {
            await target.write(piece);
            bytes += piece.length;
          }
          await target.sync();
          await target.close();
          await rename(partial, file);
        } catch (error) {
          await target.close();
          await rm(partial, { force: true });
          throw error;
        }
        await out.say(`Snapshot saved at ${file}`, { file, bytes });
      }),
    );
}

/** A new file. A link that somebody laid there would have another file overwritten. */
async function created(file: string): Promise<FileHandle> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  try {
    return await open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new Error(`${file} is there already: another snapshot may be on its way; remove it if none is`);
  }
}
