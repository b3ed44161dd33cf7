import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { idOf, labelOf } from "../keys/key-id.ts";
import { goToKey } from "../page-route.ts";
import { useRights } from "../page-rights.ts";
import type { PageSession } from "../page-session.ts";
import { askToConfirm } from "../ui/ask.tsx";
import { perform } from "../ui/notice.tsx";
import { Nothing, Refused, Skeleton } from "../ui/reading.tsx";
import { duration, keyCount } from "../ui/size.ts";
import { Table } from "../ui/table.tsx";
import { textField } from "../ui/text-field.ts";
import { usePolled } from "../ui/use-loaded.ts";
import { readLeases, secondsLeft, type SeenLease } from "./leases.ts";

/** How often leases are read, in milliseconds; in between, the page counts down itself. */
const readEvery = 5_000;
/** Nobody looks through more rows. */
const mostShown = 500;

/** Lists the leases with their remaining time and their keys. */
export function LeasesView({ session }: { session: PageSession }): JSX.Element {
  const { etcd, readOnly } = session;
  const rights = useRights(session);
  const [leases, reload, refused] = usePolled(readEvery, (signal) => readLeases(etcd, signal), [etcd]);
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(tick);
  }, []);

  async function revoke(id: bigint, keys: number): Promise<void> {
    await askToConfirm(`Revoke lease ${id.toString(16)} and delete its ${keyCount(keys)}?`, "Revoke");
    await etcd.lease.revoke(id);
    await reload();
  }

  const whyKept = ({ keys }: SeenLease): string | undefined =>
    keys === undefined ? "It has keys that your roles do not let you see." : rights.whyNotWrite(keys);
  const why = readOnly ? "This page is read-only." : undefined;
  return (
    <section class="panel">
      <header>
        <h1>Leases</h1>
        <form
          class="row middle"
          onSubmit={(event) => {
            event.preventDefault();
            const ttl = Number(textField(event.currentTarget, "ttl"));
            void perform(async () => {
              await etcd.lease.grant(ttl);
              await reload();
            }, "Granted");
          }}
        >
          <label class="check">
            Seconds to live <input name="ttl" type="number" min="1" step="1" required disabled={readOnly} />
          </label>
          <button type="submit" disabled={readOnly} title={why}>
            Grant a lease
          </button>
        </form>
      </header>
      {refused ? <Refused /> : leases === undefined && <Skeleton />}
      {leases?.length === 0 && (
        <Nothing icon="timer" title="There are no leases">
          <p>A key with a time to live has a lease. When its time is over, etcd deletes all keys of it at once.</p>
        </Nothing>
      )}
      {leases !== undefined && leases.length > 0 && (
        <Table label="Leases" columns={["Lease", "Left", "Granted for", "Keys", "Action"]}>
          {leases.slice(0, mostShown).map((lease) => (
            <tr key={lease.id}>
              <th scope="row" class="mono">
                {lease.id.toString(16)}
              </th>
              <td class="num">
                <div class="row">
                  <meter
                    aria-label="Share of its time that is left"
                    max={lease.grantedTtl}
                    low={lease.grantedTtl / 5}
                    value={secondsLeft(lease, now)}
                  />
                  {duration(secondsLeft(lease, now))}
                </div>
              </td>
              <td class="num">{duration(lease.grantedTtl)}</td>
              <td>
                {lease.keys === undefined && <span class="soft">not visible to you</span>}
                {lease.keys?.slice(0, 5).map((key) => (
                  <button key={idOf(key)} type="button" class="quiet mono" onClick={() => goToKey(key)}>
                    {labelOf(key)}
                  </button>
                ))}
                {(lease.keys?.length ?? 0) > 5 && ` and ${(lease.keys?.length ?? 0) - 5} more`}
              </td>
              <td>
                <div class="row">
                  <button
                    type="button"
                    disabled={readOnly}
                    title={why}
                    onClick={() => void perform(() => etcd.lease.keepAliveOnce(lease.id).then(reload), "Renewed")}
                  >
                    Renew
                  </button>
                  <button
                    type="button"
                    class="danger"
                    disabled={whyKept(lease) !== undefined}
                    title={whyKept(lease)}
                    onClick={() => void perform(() => revoke(lease.id, lease.keys?.length ?? 0))}
                  >
                    Revoke
                  </button>
                </div>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {leases !== undefined && leases.length > mostShown && (
        <p class="soft">
          The {mostShown} that end first, of {leases.length}.
        </p>
      )}
    </section>
  );
}
