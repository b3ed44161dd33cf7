import type { AlarmName, Member, Status } from "fetcd";

/** What to do about an alarm, in the order in which to do it. */
export const alarmAdvice: Readonly<Record<AlarmName, readonly string[]>> = {
  NOSPACE: [
    "Compact the history, which frees space in the database.",
    "Defragment each member, one after the other, which gives it back to the disk.",
    "Clear the alarm: until then etcd refuses writes.",
    "If it fills again, look for what writes so much in the view Live, or raise --quota-backend-bytes.",
  ],
  CORRUPT: [
    "Take a snapshot of a member that is right, and keep it.",
    "Remove the member that is corrupt, clear its data directory, and add it again.",
    "Clear the alarm.",
  ],
};

/** What etcd allows a database to grow to by default: older servers do not tell theirs. */
export const defaultQuota = 2 * 1024 ** 3;

/** The versions that members have, if they are not all the same. */
export function versionSkew(statuses: readonly Pick<Status, "version">[]): string | undefined {
  const versions = [...new Set(statuses.map(({ version }) => version))].sort();
  return versions.length > 1 ? versions.join(", ") : undefined;
}

/** How far a member's applied index is behind the newest of all. */
export function lagOf(status: Pick<Status, "raftAppliedIndex">, all: readonly Pick<Status, "raftIndex">[]): bigint {
  const newest = all.reduce((most, { raftIndex }) => (raftIndex > most ? raftIndex : most), 0n);
  return newest > status.raftAppliedIndex ? newest - status.raftAppliedIndex : 0n;
}

/** Gained by defragmenting, as a share of the file. */
export function unusedShare({ dbSize, dbSizeInUse }: Pick<Status, "dbSize" | "dbSizeInUse">): number {
  return dbSize === 0n ? 0 : Number(dbSize - dbSizeInUse) / Number(dbSize);
}

/** How many more voting members may fail before a majority is missing. */
export function spareVoters(
  members: readonly Pick<Member, "id" | "isLearner">[],
  statuses: readonly Pick<Status, "memberId">[],
): number {
  const voters = members.filter(({ isLearner }) => !isLearner);
  const there = voters.filter(({ id }) => statuses.some(({ memberId }) => memberId === id));
  return Math.max(0, there.length - (Math.floor(voters.length / 2) + 1));
}
