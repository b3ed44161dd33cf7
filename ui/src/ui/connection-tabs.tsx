import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { areKept, keepBookmarks } from "../keys/bookmarks.ts";
import { choose, disconnect, type PageSession, shownSession, sessions } from "../page-session.ts";
import { colours, keepLooks, looksOf, shades } from "./connection-looks.ts";
import { Icon } from "./icon.tsx";
import { textField } from "./text-field.ts";
import { useDialog } from "./use-dialog.ts";

const opened = signal(false);

/** A tab for each connection; a click on the shown one opens its settings. */
export function ConnectionTabs(): JSX.Element {
  const now = shownSession.value;
  const colour = now === undefined ? "none" : looksOf(now).colour;
  useLayoutEffect(() => document.documentElement.style.setProperty("--connection", shades[colour]), [colour]);
  return (
    <nav class="tabs" aria-label="Connections">
      {sessions.value.map((each) => {
        const looks = looksOf(each);
        const shown = each.id === now?.id;
        return (
          <button
            key={each.id}
            type="button"
            class="quiet tab"
            aria-current={shown ? "true" : undefined}
            aria-haspopup={shown ? "dialog" : undefined}
            title={shown ? `${each.endpoint}: name and colour` : each.endpoint}
            onClick={() => (shown ? (opened.value = true) : choose(each.id))}
          >
            <span class="dot" style={{ color: looks.colour === "none" ? "var(--edge)" : shades[looks.colour] }} />
            <span class="address">{looks.name}</span>
            {each.identity.username !== undefined && <small>{each.identity.username}</small>}
          </button>
        );
      })}
      <button type="button" class="quiet" aria-label="New connection" onClick={() => choose(undefined)}>
        <Icon name="plus" />
      </button>
      {now !== undefined && <ConnectionDialog key={now.id} connection={now} />}
    </nav>
  );
}

function ConnectionDialog({ connection }: { readonly connection: PageSession }): JSX.Element {
  const dialog = useDialog(opened.value);
  const { name, colour } = looksOf(connection);
  const close = (): void => void (opened.value = false);

  function keep(event: Event & { currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    const wanted = textField(event.currentTarget, "colour");
    keepLooks(connection.endpoint, {
      name: textField(event.currentTarget, "name").trim(),
      colour: colours.find((each) => each === wanted) ?? "none",
    });
    keepBookmarks(connection.endpoint, textField(event.currentTarget, "bookmarks") === "on");
    close();
  }

  return (
    <dialog ref={dialog} aria-labelledby="connection-title" onClose={close}>
      {opened.value && (
        <form class="stack" onSubmit={keep}>
          <h2 id="connection-title">Connection</h2>
          <p class="soft mono">{connection.endpoint}</p>
          <div class="row">
            <label>
              Name
              <input name="name" value={name} spellcheck={false} autocomplete="off" />
            </label>
            <label>
              Colour
              <select name="colour" value={colour}>
                {colours.map((each) => (
                  <option key={each} value={each}>
                    {each === "none" ? "None" : each[0]?.toUpperCase() + each.slice(1)}
                  </option>
                ))}
              </select>
            </label>
          </div>
          <label class="check">
            <input name="bookmarks" type="checkbox" defaultChecked={areKept(connection.endpoint)} />
            Keep its bookmarks in this browser
          </label>
          <div class="row end">
            <button
              type="button"
              class="danger"
              onClick={() => {
                close();
                void disconnect(connection);
              }}
            >
              Disconnect
            </button>
            <button type="submit" class="primary">
              Keep
            </button>
          </div>
        </form>
      )}
    </dialog>
  );
}
