import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageSession } from "../page-session.ts";
import { perform } from "../ui/notice.tsx";
import { textField } from "../ui/text-field.ts";

interface Props {
  readonly session: PageSession;
  readonly why: string | undefined;
  onDone(): Promise<void>;
}

/** Adds a member, and shows the command that starts it. */
export function AddMember({ session: { etcd, root }, why, onDone }: Props): JSX.Element {
  const [command, setCommand] = useState<string | undefined>(undefined);
  async function add(name: string, url: string): Promise<void> {
    const { member, members } = await etcd.cluster.addMember([url], { learner: true });
    const others = members.filter(({ id }) => id !== member.id);
    // A member that was added but never started has no name yet, but etcd matches members by URL.
    const urls = others.flatMap((each) => each.peerUrls.map((peer) => `${each.name || each.id.toString(16)}=${peer}`));
    const scheme = others.some(({ clientUrls }) => clientUrls[0]?.startsWith("https:")) ? "https" : "http";
    const client = `${scheme}://${new URL(url).hostname}:2379`;
    setCommand(
      `etcd --name ${name} --initial-advertise-peer-urls ${url} --listen-peer-urls ${url} --listen-client-urls ${client} --advertise-client-urls ${client} --initial-cluster-state existing --initial-cluster ${[...urls, `${name}=${url}`].join(",")}`,
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
          void perform(() => add(textField(form, "name"), textField(form, "url")));
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
          <strong>
            Start it with this command, plus the TLS options of the other members. Promote it once it has caught up.
          </strong>
          <code style={{ overflowWrap: "anywhere" }}>{command}</code>
        </div>
      )}
    </div>
  );
}
