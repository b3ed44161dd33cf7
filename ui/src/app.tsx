import type { JSX } from "preact";
import { ClusterView } from "./cluster/cluster-view.tsx";
import { ConnectForm } from "./connect-form.tsx";
import { HoldsView } from "./holds/holds-view.tsx";
import { KeysView } from "./keys/keys-view.tsx";
import { LeasesView } from "./leases/leases-view.tsx";
import { type View, view, views } from "./route.ts";
import { disconnect, type Session, session } from "./session.ts";
import { Ask } from "./ui/ask.tsx";
import { Notice } from "./ui/notice.tsx";
import { ThemeButton } from "./ui/theme-button.tsx";
import { UsersView } from "./users/users-view.tsx";

const titles: Record<View, string> = {
  keys: "Keys",
  leases: "Leases",
  holds: "Locks and elections",
  cluster: "Cluster",
  users: "Users and roles",
};

const bodies: Record<View, (props: { session: Session }) => JSX.Element> = {
  keys: KeysView,
  leases: LeasesView,
  holds: HoldsView,
  cluster: ClusterView,
  users: UsersView,
};

export function App(): JSX.Element {
  const now = session.value;
  if (now === undefined) {
    return (
      <>
        <ConnectForm />
        <Notice />
        <Ask />
      </>
    );
  }
  const Body = bodies[view.value];
  return (
    <>
      <header>
        <nav aria-label="Views">
          {views.map((name) => (
            <a key={name} href={`#${name}`} aria-current={name === view.value ? "page" : undefined}>
              {titles[name]}
            </a>
          ))}
        </nav>
        <span class="where">
          {now.identity.username !== undefined && <>{now.identity.username} at </>}
          {now.endpoint} <small>etcd {now.version}</small>
        </span>
        <ThemeButton />
        <button type="button" onClick={() => void disconnect()}>
          Disconnect
        </button>
      </header>
      <main>
        <Body key={now.endpoint} session={now} />
      </main>
      <Notice />
      <Ask />
    </>
  );
}
