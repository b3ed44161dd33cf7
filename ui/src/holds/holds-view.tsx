import { EtcdError } from "fetcd";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { readLeases, secondsLeft } from "../leases/leases.ts";
import { losslessText } from "../keys/value-form.ts";
import { goToKey } from "../page-route.ts";
import { useRights } from "../page-rights.ts";
import type { PageSession } from "../page-session.ts";
import { askToConfirm } from "../ui/ask.tsx";
import { perform } from "../ui/notice.tsx";
import { Nothing, Refused, Skeleton } from "../ui/reading.tsx";
import { duration } from "../ui/size.ts";
import { Table } from "../ui/table.tsx";
import { usePolled } from "../ui/use-loaded.ts";
import { candidateKeys, type LockOrElection, holdsOf } from "./holds.ts";

/** Lists locks and elections with their holders and waiters. */
export function HoldsView({ session }: { session: PageSession }): JSX.Element {
  const { etcd, times } = session;
  const rights = useRights(session);
  const [read, reload, refused] = usePolled(3_000, (signal) => readHolds(session, signal), [session]);
  const holds = read?.holds;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(tick);
  }, []);

  async function evict({ name, candidates }: LockOrElection, at: number, lease: bigint): Promise<void> {
    const next = candidates[1];
    const effect =
      at > 0
        ? "It leaves the wait queue; the holder stays."
        : next === undefined
          ? "Nobody waits, so it becomes free."
          : `The next waiter, session ${next.lease.id.toString(16)}, becomes the holder at once.`;
    const question = `End the session ${lease.toString(16)} of ${name}, with all of its keys? ${effect} Its program may go on working until it notices.`;
    await askToConfirm(question, "End it");
    await etcd.lease.revoke(lease);
    await reload();
  }

  return (
    <section class="panel">
      <header>
        <h1>Locks and elections</h1>
        {holds !== undefined && holds.length > 0 && (
          <span class="badge">
            {holds.length} held, {holds.reduce((sum, { candidates }) => sum + candidates.length - 1, 0)} waiting
          </span>
        )}
      </header>
      {holds?.map((hold) => (
        <section key={hold.name} class="card" aria-label={hold.name}>
          <h2 class="mono">{hold.name}</h2>
          <Table
            label={hold.name}
            columns={["State", "Value", "Session", "Fencing token", "Seen", "Lease left", "Action"]}
          >
            {hold.candidates.map(({ entry, lease }, i) => (
              <tr key={lease.id}>
                <td>
                  <span class={`badge ${i === 0 ? "good" : ""}`}>{i === 0 ? "holder" : `waits, ${i} before it`}</span>
                </td>
                <td>
                  <button type="button" class="quiet" onClick={() => goToKey(entry.keyBytes)}>
                    {(losslessText(entry.value)?.slice(0, 200) ?? `${entry.value.length} bytes`) || "(empty)"}
                  </button>
                </td>
                <th scope="row" class="mono">
                  {lease.id.toString(16)}
                </th>
                <td class="num">{String(entry.createRevision)}</td>
                <td class="num">{times.ago(entry.createRevision)}</td>
                <td class="num">{duration(secondsLeft(lease, now))}</td>
                <td>
                  <button
                    type="button"
                    class="danger"
                    disabled={rights.whyNotWrite(lease.keys ?? []) !== undefined}
                    title={rights.whyNotWrite(lease.keys ?? [])}
                    onClick={() => void perform(() => evict(hold, i, lease.id))}
                  >
                    End session
                  </button>
                </td>
              </tr>
            ))}
          </Table>
        </section>
      ))}
      {holds?.length === 0 && (
        <Nothing icon="lock" title="Nothing is held">
          <p>
            Locks and elections show here with their holder and its waiters, in order. Try{" "}
            <code>npx fetcd lock jobs/nightly</code> in a terminal.
          </p>
        </Nothing>
      )}
      {read?.hidden === true && <p class="soft">What your roles do not let you see is left out.</p>}
      {refused ? <Refused /> : holds === undefined && <Skeleton />}
    </section>
  );
}

async function readHolds(
  { etcd, times }: PageSession,
  signal: AbortSignal,
): Promise<{ holds: LockOrElection[]; hidden: boolean }> {
  const leases = await readLeases(etcd, signal);
  const keys = candidateKeys(leases);
  const found = [];
  let hidden = leases.some((lease) => lease.keys === undefined);
  for (const { key, lease } of keys) {
    const entry = await etcd.get(key, { signal }).catch((error: unknown) => {
      if (!EtcdError.is(error) || error.reason !== "PermissionDenied") throw error;
      hidden = true;
      return null;
    });
    if (entry !== null) found.push({ entry, lease });
  }
  const newest = found.reduce((most, { entry }) => (entry.createRevision > most ? entry.createRevision : most), 0n);
  times.note(newest);
  return { holds: holdsOf(found), hidden };
}
