import { constants } from "node:fs";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import type { Command } from "commander";
import { act } from "./run-action.ts";
import { badArguments, badFeature } from "./exit-error.ts";
import { outputForms } from "./forms/answer-text.ts";
import { field } from "./forms/fields.ts";
import { goObject } from "./forms/go-json.ts";
import { sizeText } from "./forms/go-numbers.ts";
import { drawTable } from "./forms/text-table.ts";
import type { GlobalOptions } from "./global-options.ts";
import { group } from "./group.ts";
import { fileArgument } from "./key-argument.ts";
import { createOutput } from "./output.ts";
import { reportProgress } from "./progress.ts";

/** `snapshot save`. The file gets its name only when it is complete and checked. */
export function addSnapshotCommand(program: Command): void {
  const snapshot = group(program, "snapshot", "save the database to a file, and check snapshot files");
  snapshot
    .command("save <file>")
    .description("write a snapshot that `etcdutl snapshot restore` takes")
    .action((file: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const partial = `${fileArgument(file)}.part`;
        const target = await created(partial);
        const progress = reportProgress("snapshot", out.json);
        let bytes = 0;
        try {
          for await (const piece of etcd.maintenance.snapshot({ signal })) {
            await target.write(piece);
            bytes += piece.length;
            progress.at(`${sizeText(bytes)} received`);
          }
          await target.sync();
          await target.close();
          await rename(partial, file);
        } catch (error) {
          await target.close();
          await rm(partial, { force: true });
          throw error;
        } finally {
          progress.done();
        }
        await out.say(`Snapshot saved at ${file}`, { file, bytes });
      }),
    );
  addStatus(snapshot);
}

/** `snapshot status`, and `restore`, which is refused. */
function addStatus(snapshot: Command): void {
  snapshot
    .command("status <file>")
    .description("check a snapshot, and print its hash, revision, number of keys and size")
    .action(async (file: string, _: object, command: Command) => {
      const options: GlobalOptions = command.optsWithGlobals();
      if (options.json !== true && options.writeOut === "protobuf") {
        throw badFeature("protobuf not supported as output format");
      }
      if (!outputForms.some((form) => form === options.writeOut)) throw badFeature("unsupported output format");
      const out = createOutput(options);
      const { readSnapshot } = await import("./snapshot-file.ts");
      const found = readSnapshot(await readFile(file));
      const { hash, revision, totalKeys, totalSize } = found;
      const cells = [hash.toString(16), String(revision), String(totalKeys), sizeText(totalSize)];
      if (out.form === "table") {
        await out.lines(drawTable(["HASH", "REVISION", "TOTAL KEYS", "TOTAL SIZE"], [cells]));
      } else if (out.form === "fields") {
        await out.lines([
          field("Hash", hash),
          field("Revision", revision),
          field("Keys", totalKeys),
          field("Size", totalSize),
        ]);
      } else if (out.form === "json") {
        await out.lines([
          goObject([
            ["hash", hash],
            ["revision", revision],
            ["totalKey", totalKeys],
            ["totalSize", totalSize],
          ]),
        ]);
      } else await out.say(cells.join(", "), { hash, revision, totalKeys, totalSize });
    });
  snapshot
    .command("restore <file>", { hidden: true })
    .allowUnknownOption()
    .action(() => {
      throw badArguments(
        "snapshot restore writes the data folder of a server, which is not possible over HTTP: use etcdutl",
      );
    });
}

/** Creates a file that does not exist yet: through a symbolic link at that path, another file would be overwritten. */
async function created(file: string): Promise<FileHandle> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  try {
    return await open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new Error(`${file} already exists: another snapshot may be in progress; if not, remove it`);
  }
}
