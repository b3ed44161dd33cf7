import type { Etcd } from "fetcd";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { readLeases } from "../leases/leases.ts";
import { textOf } from "../keys/value-form.ts";
import type { Session } from "../session.ts";
import { ask } from "../ui/ask.tsx";
import { attempt } from "../ui/notice.tsx";
import { useLoaded } from "../ui/use-loaded.ts";
import { candidateKeys, type Hold, holdsOf } from "./holds.ts";

/** Locks and elections with who has them and who waits. */
export function HoldsView({ session: { etcd } }: { session: Session }): JSX.Element {
  const [holds, reload] = useLoaded((signal) => readHolds(etcd, signal), [etcd]);
  useEffect(() => {
    const read = setInterval(() => void reload(), 3_000);
    return () => clearInterval(read);
  }, [reload]);

  async function evict(lease: bigint): Promise<void> {
    if (!(await ask(`End the session ${lease.toString(16)}, and with it all that it holds?`, "End it"))) return;
    await etcd.lease.revoke(lease);
    await reload();
  }

  return (
    <section class="panel">
      <h1>Locks and elections</h1>
      {holds?.map(({ name, candidates }) => (
        <section key={name} class="card" aria-label={name}>
          <h2>{name}</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Session</th>
                <th scope="col">Token</th>
                <th scope="col">Value</th>
                <th scope="col">Time left</th>
                <th scope="col">Action</th>
              </tr>
            </thead>
            <tbody>
              {candidates.map(({ entry, lease }, i) => (
                <tr key={lease.id}>
                  <td>{i === 0 ? "has it" : `waits, ${i} before it`}</td>
                  <th scope="row">{lease.id.toString(16)}</th>
                  <td>{String(entry.createRevision)}</td>
                  <td>{textOf(entry.value) ?? `${entry.value.length} bytes`}</td>
                  <td>{lease.ttl} s</td>
                  <td>
                    <button type="button" class="danger" onClick={() => void attempt(() => evict(lease.id))}>
                      End session
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
      {holds?.length === 0 && <p class="empty">Nobody holds or waits for anything.</p>}
      {holds === undefined && <p>Reading…</p>}
    </section>
  );
}

async function readHolds(etcd: Etcd, signal: AbortSignal): Promise<Hold[]> {
  const keys = candidateKeys(await readLeases(etcd, signal));
  const found = [];
  for (const { key, lease } of keys) {
    const entry = await etcd.get(key, { signal });
    if (entry !== null) found.push({ entry, lease });
  }
  return holdsOf(found);
}
