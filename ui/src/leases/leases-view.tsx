import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { labelOf } from "../keys/key-id.ts";
import type { Session } from "../session.ts";
import { ask } from "../ui/ask.tsx";
import { attempt } from "../ui/notice.tsx";
import { textField } from "../ui/text-field.ts";
import { useLoaded } from "../ui/use-loaded.ts";
import { readLeases, secondsLeft } from "./leases.ts";

/** How often leases are read anew, in milliseconds: between readings the page counts down by itself. */
const readEvery = 5_000;

/** Every lease, what is left of it, and what goes with it. */
export function LeasesView({ session: { etcd } }: { session: Session }): JSX.Element {
  const [leases, reload] = useLoaded((signal) => readLeases(etcd, signal), [etcd]);
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), 1_000);
    const read = setInterval(() => void reload(), readEvery);
    return () => {
      clearInterval(tick);
      clearInterval(read);
    };
  }, [reload]);

  async function revoke(id: bigint, keys: number): Promise<void> {
    if (!(await ask(`Revoke lease ${id.toString(16)} and delete its ${keys} keys?`, "Revoke"))) return;
    await etcd.lease.revoke(id);
    await reload();
  }

  return (
    <section class="panel">
      <h1>Leases</h1>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          const ttl = Number(textField(event.currentTarget, "ttl"));
          void attempt(async () => {
            await etcd.lease.grant(ttl);
            await reload();
          }, "Granted");
        }}
      >
        <label>
          Seconds to live <input name="ttl" type="number" min="1" step="1" required />
        </label>
        <button type="submit">Grant a lease</button>
      </form>
      {leases === undefined ? (
        <p>Reading…</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Lease</th>
              <th scope="col">Left</th>
              <th scope="col">Granted for</th>
              <th scope="col">Keys</th>
              <th scope="col">Action</th>
            </tr>
          </thead>
          <tbody>
            {leases.map((lease) => (
              <tr key={lease.id}>
                <th scope="row">{lease.id.toString(16)}</th>
                <td>
                  {secondsLeft(lease, now)} s{" "}
                  <meter
                    aria-label="Share of its time that is left"
                    max={lease.grantedTtl}
                    value={secondsLeft(lease, now)}
                  />
                </td>
                <td>{lease.grantedTtl} s</td>
                <td>{lease.keys?.map(labelOf).join(", ")}</td>
                <td>
                  <button
                    type="button"
                    onClick={() => void attempt(() => etcd.lease.keepAliveOnce(lease.id).then(reload))}
                  >
                    Renew
                  </button>{" "}
                  <button
                    type="button"
                    class="danger"
                    onClick={() => void attempt(() => revoke(lease.id, lease.keys?.length ?? 0))}
                  >
                    Revoke
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {leases?.length === 0 && <p class="empty">There are no leases.</p>}
    </section>
  );
}
