import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon.tsx";

/** A view that is still loading. */
export function Reading({ title }: { readonly title: string }): JSX.Element {
  return (
    <section class="panel" aria-busy="true">
      <header>
        <h1>{title}</h1>
      </header>
      <Skeleton />
    </section>
  );
}

export function Skeleton({ lines = 5 }: { readonly lines?: number }): JSX.Element {
  return (
    <div role="progressbar" aria-label="Reading">
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} class="skeleton" style={{ width: `${90 - ((i * 17) % 45)}%` }} />
      ))}
    </div>
  );
}

/** Shows whether a view follows changes by others. */
export function LiveBadge({ live }: { readonly live: boolean }): JSX.Element {
  return (
    <span class={`badge ${live ? "good" : ""}`}>
      <span class="dot" /> <span>{live ? "live" : "not live"}</span>
    </span>
  );
}

/** Shown instead of what this user may not see. */
export function Refused(): JSX.Element {
  return (
    <Nothing icon="lock" title="Your roles do not let you see this">
      <p>Somebody with the role root can allow it, in the view Users and roles.</p>
    </Nothing>
  );
}

interface NothingProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** Shown for an empty list: says what will appear here, and how to create it. */
export function Nothing({ icon, title, children }: NothingProps): JSX.Element {
  return (
    <div class="nothing">
      <Icon name={icon} />
      <strong>{title}</strong>
      {children}
    </div>
  );
}
