import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ClusterView } from "./cluster/cluster-view.tsx";
import { ConnectForm } from "./connect-form.tsx";
import { FlagsView } from "./flags/flags-view.tsx";
import { HoldsView } from "./holds/holds-view.tsx";
import { KeysView } from "./keys/keys-view.tsx";
import { idOf } from "./keys/key-id.ts";
import { newKey } from "./keys/new-key.tsx";
import { LeasesView } from "./leases/leases-view.tsx";
import { LiveView } from "./live/live-view.tsx";
import { bookmarks, labelOfId, recentKeys } from "./keys/bookmarks.ts";
import { go, hrefOf, route, type View, views } from "./page-route.ts";
import { choose, disconnect, type PageSession, shownSession, sessions } from "./page-session.ts";
import { Ask } from "./ui/ask.tsx";
import { looksOf } from "./ui/connection-looks.ts";
import { ConnectionTabs } from "./ui/connection-tabs.tsx";
import { Icon, type IconName } from "./ui/icon.tsx";
import { Notice } from "./ui/notice.tsx";
import { openPalette, Palette, type PaletteCommand } from "./ui/palette.tsx";
import { isTyping, openShortcuts, Shortcuts } from "./ui/shortcuts.tsx";
import { isContrast, isDark, setLooks } from "./ui/theme.ts";
import { UsersView } from "./users/users-view.tsx";

const parts: Record<View, { title: string; icon: IconName; Body(props: { session: PageSession }): JSX.Element }> = {
  keys: { title: "Keys", icon: "key", Body: KeysView },
  live: { title: "Live", icon: "live", Body: LiveView },
  holds: { title: "Locks and elections", icon: "lock", Body: HoldsView },
  leases: { title: "Leases", icon: "timer", Body: LeasesView },
  flags: { title: "Flags", icon: "flag", Body: FlagsView },
  cluster: { title: "Cluster", icon: "server", Body: ClusterView },
  users: { title: "Users and roles", icon: "users", Body: UsersView },
};

const commands: readonly PaletteCommand[] = [
  ...views.map(
    (view, i): PaletteCommand => ({
      title: parts[view].title,
      icon: parts[view].icon,
      keys: String(i + 1),
      run: () => go(view),
    }),
  ),
  { title: "New key", icon: "plus", keys: "n", run: newKey },
  { title: "Light or dark", icon: "moon", run: () => setLooks({ theme: isDark() ? "light" : "dark" }) },
  { title: "High contrast on or off", icon: "contrast", run: () => setLooks({ contrast: !isContrast() }) },
  { title: "Look as the system does", icon: "sun", run: () => setLooks({ theme: "system", contrast: undefined }) },
  { title: "Keyboard shortcuts", icon: "help", keys: "?", run: openShortcuts },
  { title: "New connection", icon: "plus", run: () => choose(undefined) },
  { title: "Disconnect", icon: "leave", run: () => void disconnect() },
];

function findCommands(text: string): readonly PaletteCommand[] {
  const wanted = text.trim().toLowerCase();
  const fitting = commands.filter(({ title }) => title.toLowerCase().includes(wanted));
  const known = [...new Set([...bookmarks.value, ...recentKeys.value])];
  const keys = known
    .filter((id) => labelOfId(id).toLowerCase().includes(wanted))
    .map((id): PaletteCommand => ({ title: labelOfId(id), icon: "key", run: () => go("keys", id) }));
  const typed = idOf(new TextEncoder().encode(text.trim()));
  const exact: PaletteCommand[] =
    wanted === "" || known.includes(typed)
      ? []
      : [{ title: `Go to key ${text.trim()}`, icon: "key", run: () => go("keys", typed) }];
  const tabs = sessions.value
    .filter((each) => each !== shownSession.value && looksOf(each).name.toLowerCase().includes(wanted))
    .map((each): PaletteCommand => ({ title: looksOf(each).name, icon: "server", run: () => choose(each.id) }));
  return [...fitting, ...tabs, ...keys, ...exact];
}

/** Handles shortcuts that work everywhere. It stays registered while the page changes, so that no key press is lost. */
export function onKeyDown(event: KeyboardEvent): void {
  if (shownSession.value === undefined) return;
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) openPalette();
  else if (isTyping(event)) return;
  else if (event.key === "?") openShortcuts();
  else if (event.key === "n") newKey();
  else if (event.key === "/") {
    go("keys");
    setTimeout(() => document.querySelector<HTMLInputElement>("input[name=filter]")?.focus());
  } else {
    const view = views[Number(event.key) - 1];
    if (view === undefined) return;
    go(view);
  }
  event.preventDefault();
}

export function App(): JSX.Element {
  const now = shownSession.value;
  const { view } = route.value;
  useEffect(() => {
    document.title = now === undefined ? "fetcd ui" : `${parts[view].title} · ${looksOf(now).name}`;
  }, [now, view]);
  if (now === undefined) {
    return (
      <>
        <ConnectForm />
        <Notice />
        <Ask />
      </>
    );
  }
  const { Body } = parts[view];
  return (
    <>
      <nav class="side" aria-label="Views">
        <div class="brand">
          <Icon name="database" />
          <span>fetcd</span>
        </div>
        <div class="links">
          {views.map((name) => (
            <a
              key={name}
              href={hrefOf(name)}
              title={parts[name].title}
              aria-current={name === view ? "page" : undefined}
            >
              <Icon name={parts[name].icon} />
              <span>{parts[name].title}</span>
            </a>
          ))}
        </div>
        <div class="foot">etcd {now.version}</div>
      </nav>
      <Top session={now} />
      <main>
        <Body key={now.id} session={now} />
      </main>
      <Palette find={findCommands} />
      <Shortcuts />
      <Notice />
      <Ask />
    </>
  );
}

function Top({ session: { readOnly, memory } }: { session: PageSession }): JSX.Element {
  const dark = isDark();
  return (
    <header class="top">
      <div class="where">
        <ConnectionTabs />
        {readOnly && <span class="badge warn">read-only</span>}
        {memory && <span class="badge accent wide">nothing is kept</span>}
      </div>
      <button type="button" onClick={openPalette} aria-keyshortcuts="Control+K">
        <Icon name="search" />
        <span class="wide">Commands</span> <kbd class="wide">Ctrl K</kbd>
        <span class="unseen">Open the commands</span>
      </button>
      <button
        type="button"
        class="quiet"
        onClick={() => setLooks({ theme: dark ? "light" : "dark" })}
        aria-pressed={dark}
      >
        <Icon name={dark ? "sun" : "moon"} />
        <span class="unseen">Dark</span>
      </button>
      <button type="button" class="quiet" onClick={openShortcuts} aria-label="Keyboard shortcuts">
        <Icon name="help" />
      </button>
      <button type="button" class="quiet" onClick={() => void disconnect()} aria-label="Disconnect">
        <Icon name="leave" />
      </button>
    </header>
  );
}
