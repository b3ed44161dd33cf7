/** When this page first saw each revision: etcd itself records no times. */
export interface RevisionTimes {
  note(revision: bigint): void;
  /** How long ago this page first saw the revision, in words. */
  ago(revision: bigint): string;
}

const most = 10_000;
const units = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;
const words = new Intl.RelativeTimeFormat("en");

export function createRevisionTimes(now: () => number = Date.now): RevisionTimes {
  /** Sorted: both `revision` and `at` grow. */
  const seen: { readonly revision: bigint; readonly at: number }[] = [];
  return {
    note(revision) {
      const last = seen.at(-1);
      if (last !== undefined && last.revision >= revision) return;
      seen.push({ revision, at: now() });
      if (seen.length > most) seen.splice(1, most / 2);
    },
    ago(revision) {
      const at = seen.findIndex((each) => each.revision >= revision);
      const sample = seen[at];
      if (sample === undefined) return "just now";
      const seconds = Math.round((now() - sample.at) / 1_000);
      const [unit, length] = units.find(([, each]) => seconds >= each) ?? ["second", 1];
      const ago = words.format(-Math.floor(seconds / length), unit);
      // A revision that existed when the page connected may be much older.
      return at === 0 ? `more than ${ago}` : ago;
    },
  };
}
