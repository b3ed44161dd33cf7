import { open, rename, rm } from "node:fs/promises";
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
        const target = await open(partial, "w", 0o600);
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
