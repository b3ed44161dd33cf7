import type { Command } from "commander";
import { createOutput } from "./output.ts";
import type { GlobalOptions } from "./global-options.ts";

/** `version`, in the format of etcdctl. */
export function addVersionCommand(program: Command, version: string): void {
  program
    .command("version")
    .description("print the version of fetcd and of the etcd API that it uses")
    .action(async (_: object, command: Command) => {
      const options: GlobalOptions = command.optsWithGlobals();
      await createOutput({ ...options, writeOut: "simple" }).say(`fetcd version: ${version}\nAPI version: 3`, {
        version,
        api: "3",
      });
    });
}
