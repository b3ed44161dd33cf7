import type { Command } from "commander";
import { act } from "./run-action.ts";
import { group } from "./group.ts";

/** `auth enable`, `disable` and `status`. */
export function addAuthCommands(program: Command): void {
  const auth = group(program, "auth", "turn authentication on and off");

  for (const [verb, done] of [
    ["enable", "Authentication Enabled"],
    ["disable", "Authentication Disabled"],
  ] as const) {
    auth
      .command(verb)
      .description(
        verb === "enable" ? "turn authentication on; needs a user root with the role root" : "turn authentication off",
      )
      .action((_: object, command: Command) =>
        act(command, async ({ etcd, out, signal }) => {
          await etcd.auth[verb]({ signal });
          await out.say(done, { enabled: verb === "enable" });
        }),
      );
  }

  auth
    .command("status")
    .description("print whether authentication is on")
    .action((_: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("AuthStatusResponse");
        const { enabled, authRevision } = await etcd.auth.status({ signal });
        if (await printed()) return;
        const revision = authRevision === undefined ? "" : `\nAuthRevision: ${authRevision}`;
        await out.say(`Authentication Status: ${enabled}${revision}`, { enabled, authRevision });
      }),
    );
}
