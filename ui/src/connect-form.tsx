import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { explainTrouble, type Explanation } from "./explain-trouble.ts";
import { findHost, host } from "./host.ts";
import { choose, connect, connectionOf, isFresh, type Login, LoginWanted, sessions } from "./page-session.ts";
import { ask } from "./ui/ask.tsx";
import { knownEndpoints } from "./ui/connection-looks.ts";
import { textField } from "./ui/text-field.ts";

const nobody: Login = { at: 0, endpoint: "", username: "", password: "", allowInsecure: false };
/** From the address of the page, so the author of the link chose it; it is not trusted. */
const linked = new URLSearchParams(location.search).get("endpoint");

/** Asks for the endpoint and the login. A page of `fetcd ui` knows the endpoint, and asks only for a login that etcd needs. */
export function ConnectForm(): JSX.Element {
  const served = host.value;
  const [login, setLogin] = useState<Login>({ ...nobody, endpoint: linked ?? "http://127.0.0.1:2379" });
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Explanation | undefined>(undefined);
  const hosted = served?.kind === "ui";
  const field = (name: "endpoint" | "username" | "password") => ({
    name,
    value: login[name],
    onInput: (event: { currentTarget: { value: string } }) => setLogin({ ...login, [name]: event.currentTarget.value }),
  });

  async function go(as: Login, { asked }: { readonly asked: boolean }): Promise<void> {
    setBusy(true);
    setTrouble(undefined);
    try {
      await connect(as);
    } catch (error) {
      // The form has not been shown yet, so a missing login is not an error.
      if (asked || !(error instanceof LoginWanted)) {
        const endpoint = connectionOf(as).endpoints.join(" ");
        setTrouble(explainTrouble(error, { endpoint, origin: location.origin, hosted }));
      }
      setBusy(false);
    }
  }

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const question = `A link chose the server ${login.endpoint}. Send your password there?`;
    if (!hosted && login.endpoint === linked && login.password !== "" && !(await ask(question, "Send it"))) return;
    await go(login, { asked: true });
  }

  useEffect(() => {
    if (served?.kind !== "ui" || !isFresh()) return;
    const [{ login: given }] = served.config.connections;
    void go({ ...nobody, ...given }, { asked: given !== undefined });
  }, [served]);

  if (served === undefined) return <main class="connect" aria-busy="true" />;
  if (served.kind === "locked") return <Locked />;
  return (
    <main class="connect">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <h1>{hosted ? "Log in to etcd" : "Connect to etcd"}</h1>
        {served.kind === "ui" ? (
          <label>
            Connection
            <select
              value={login.at}
              onChange={(event) => setLogin({ ...login, at: Number(event.currentTarget.value) })}
            >
              {served.config.connections.map((each, i) => (
                <option key={i} value={i}>
                  {[each.name, each.memory ? "sample data in memory" : each.endpoints.join(" ")]
                    .filter(Boolean)
                    .join(": ")}
                </option>
              ))}
            </select>
          </label>
        ) : (
          <label>
            Endpoint
            <input type="url" required spellcheck={false} list="known" {...field("endpoint")} />
            <datalist id="known">
              {knownEndpoints().map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
          </label>
        )}
        <label>
          User name {!hosted && <small>(empty while authentication is off)</small>}
          <input autocomplete="username" {...field("username")} />
        </label>
        <label>
          Password
          <input type="password" autocomplete="current-password" {...field("password")} />
        </label>
        {!hosted && (
          <label class="check">
            <input
              type="checkbox"
              checked={login.allowInsecure}
              onChange={(event) => setLogin({ ...login, allowInsecure: event.currentTarget.checked })}
            />
            Send the password over plain HTTP to another machine
          </label>
        )}
        <button type="submit" class="primary" disabled={busy}>
          {busy ? "Connecting…" : "Connect"}
        </button>
        {sessions.value.length > 0 && (
          <button type="button" onClick={() => choose(sessions.value.at(-1)?.id)}>
            Cancel
          </button>
        )}
        {trouble && (
          <div class="callout error" role="alert">
            <strong>{trouble.title}</strong>
            <ul>
              {trouble.hints.map((hint) => (
                <li key={hint}>{hint}</li>
              ))}
            </ul>
          </div>
        )}
      </form>
    </main>
  );
}

/** Shown if the page is opened without the secret. */
function Locked(): JSX.Element {
  function unlock(event: Event & { currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    const text = textField(event.currentTarget, "address");
    void findHost(/(?:#secret=)?([\w-]+)$/.exec(text)?.[1]);
  }
  return (
    <main class="connect">
      <form class="card" onSubmit={unlock}>
        <h1>This page is locked</h1>
        <p>
          Open the whole address that <code>fetcd ui</code> printed. The part after <code>#</code> shows that you are
          the one who started it.
        </p>
        <label>
          Address
          <input name="address" required spellcheck={false} autocomplete="off" />
        </label>
        <button type="submit" class="primary">
          Unlock
        </button>
      </form>
    </main>
  );
}
