import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { explainTrouble, type Explanation } from "./explain-trouble.ts";
import { connect, type Login } from "./session.ts";

/** Where etcd is and who asks. The address may be in the page's own: `?endpoint=http://127.0.0.1:2379`. */
export function ConnectForm(): JSX.Element {
  const [login, setLogin] = useState<Login>({
    endpoint: new URLSearchParams(location.search).get("endpoint") ?? "http://127.0.0.1:2379",
    username: "",
    password: "",
    allowInsecure: false,
  });
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Explanation | undefined>(undefined);
  const field = (name: "endpoint" | "username" | "password") => ({
    name,
    value: login[name],
    onInput: (event: { currentTarget: { value: string } }) => setLogin({ ...login, [name]: event.currentTarget.value }),
  });

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setTrouble(undefined);
    try {
      await connect(login);
    } catch (error) {
      setTrouble(explainTrouble(error, { endpoint: login.endpoint, origin: location.origin }));
      setBusy(false);
    }
  }

  return (
    <main class="connect">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <h1>etcd admin</h1>
        <label>
          Endpoint
          <input type="url" required spellcheck={false} {...field("endpoint")} />
        </label>
        <label>
          User name <small>(empty while authentication is off)</small>
          <input autocomplete="username" {...field("username")} />
        </label>
        <label>
          Password
          <input type="password" autocomplete="current-password" {...field("password")} />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={login.allowInsecure}
            onChange={(event) => setLogin({ ...login, allowInsecure: event.currentTarget.checked })}
          />
          Send the password over plain HTTP to another machine
        </label>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? "Connecting…" : "Connect"}
        </button>
        {trouble && (
          <div class="card error" role="alert">
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
