import { type Entry, type Etcd, EtcdError } from "fetcd";
import type { JSX } from "preact";
import { perform } from "../ui/notice.tsx";
import { duration } from "../ui/size.ts";
import { textField } from "../ui/text-field.ts";
import { useLoaded } from "../ui/use-loaded.ts";

interface Props {
  readonly etcd: Etcd;
  readonly entry: Entry;
  readonly disabled: boolean;
  onDone(): Promise<void>;
}

/** Shows and sets how long a key lives. To set a time, the key gets its own lease. */
export function TtlForm({ etcd, entry, disabled, onDone }: Props): JSX.Element {
  const [left] = useLoaded((signal) => timeLeft(etcd, entry.lease, signal), [entry]);

  async function live(ttl: number): Promise<void> {
    const { id } = ttl > 0 ? await etcd.lease.grant(ttl) : { id: 0n };
    // 0 detaches the old lease.
    const { updated } = await etcd.update(entry, entry.value, { lease: id });
    if (!updated && id !== 0n) await etcd.lease.revoke(id);
    await onDone();
    if (!updated) throw new Error("Not done: somebody else changed the key meanwhile.");
  }

  return (
    <form
      class="row middle"
      onSubmit={(event) => {
        event.preventDefault();
        const seconds = Number(textField(event.currentTarget, "ttl"));
        void perform(() => live(seconds), seconds > 0 ? `Lives ${duration(seconds)}` : "Lives for ever");
      }}
    >
      <span>
        {entry.lease === 0n
          ? "Lives for ever."
          : `Lease ${entry.lease.toString(16)}, ${left === undefined ? "…" : duration(left)} left.`}
      </span>
      <label class="check">
        <span class="unseen">Seconds to live</span>
        <input
          name="ttl"
          type="number"
          min="0"
          step="1"
          required
          placeholder="seconds, 0 for ever"
          disabled={disabled}
        />
      </label>
      <button type="submit" disabled={disabled}>
        Set
      </button>
    </form>
  );
}

async function timeLeft(etcd: Etcd, lease: bigint, signal: AbortSignal): Promise<number | undefined> {
  if (lease === 0n) return undefined;
  try {
    return (await etcd.lease.timeToLive(lease, { signal })).ttl;
  } catch (error) {
    if (EtcdError.is(error) && error.reason === "LeaseNotFound") return 0;
    throw error;
  }
}
