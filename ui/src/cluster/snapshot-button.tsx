import type { Etcd, SnapshotProgress } from "fetcd";
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { perform } from "../ui/notice.tsx";
import { saveFile } from "../ui/save-file.ts";
import { size } from "../ui/size.ts";

/** Downloads the database. It is read completely and checked before it is saved. */
export function SnapshotButton({ etcd, why }: { etcd: Etcd; why: string | undefined }): JSX.Element {
  const [progress, setProgress] = useState<SnapshotProgress | undefined>(undefined);
  const running = useRef<AbortController | undefined>(undefined);

  async function download(): Promise<void> {
    const mine = (running.current = new AbortController());
    setProgress({ received: 0, remaining: 0 });
    try {
      const stream = etcd.maintenance.snapshot({ onProgress: setProgress, signal: mine.signal });
      const blob = await new Response(stream).blob();
      saveFile("etcd-snapshot.db", blob);
    } catch (error) {
      if (!mine.signal.aborted) throw error;
    } finally {
      setProgress(undefined);
    }
  }

  if (progress === undefined) {
    return (
      <button type="button" disabled={why !== undefined} title={why} onClick={() => void perform(download)}>
        Download a snapshot
      </button>
    );
  }
  const total = progress.received + progress.remaining;
  return (
    <span class="row">
      <progress aria-label="Snapshot" max={total || undefined} value={total > 0 ? progress.received : undefined} />
      {size(progress.received)} of {size(total)}
      <button type="button" onClick={() => running.current?.abort()}>
        Cancel
      </button>
    </span>
  );
}
