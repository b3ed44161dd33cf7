import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Session } from "../page-session.ts";
import { attempt } from "../ui/notice.tsx";
import { textField } from "../ui/text-field.ts";

interface Props {
  readonly session: Session;
  readonly why: string | undefined;
  onDone(): Promise<void>;
}

/** Adds a member, and tells how it is started. */
export function AddMember({ session: { etcd, root }, why, onDone }: Props): JSX.Element {
  const [command, setCommand] = useState<string | undefined>(undefined);
  async function add(name: string, url: string): Promise<void> {
    const { member, members } = await etcd.cluster.addMember([url], { learner: true });
    const others = members.filter(({ id }) => id !== member.id);
    const cluster = [...others.map((each) => `${each.name}=${each.peerUrls[0] ?? ""}`), `${name}=${url}`].join(",");
    setCommand(
      `etcd --name ${name} --initial-advertise-peer-urls ${url} --listen-peer-urls ${url} --initial-cluster-state existing --initial-cluster ${cluster}`,
    );
    await onDone();
  }
  return (
    <div class="card stack">
      <h2>Add a member</h2>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          void attempt(() => add(textField(form, "name"), textField(form, "url")));
        }}
      >
        <label>
          Name <input name="name" required pattern="[\w.-]+" disabled={!root} />
        </label>
        <label>
          Peer URL <input name="url" type="url" required placeholder="http://10.0.0.4:2380" disabled={!root} />
        </label>
        <button type="submit" disabled={!root} title={why}>
          Add as a learner
        </button>
      </form>
      {command !== undefined && (
        <div class="callout">
          <strong>Start it with this command; promote it once it has caught up.</strong>
          <code style={{ overflowWrap: "anywhere" }}>{command}</code>
        </div>
      )}
    </div>
  );
}
