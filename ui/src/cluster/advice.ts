import type { AlarmName, Member, Status } from "fetcd";

/** The steps to take about an alarm, in order. */
export const alarmAdvice: Readonly<Record<AlarmName, readonly string[]>> = {
  NOSPACE: [
    "Compact the history, which frees space within the database.",
    "Defragment each member, one after the other, which returns the free space to the disk.",
    "Clear the alarm: until then etcd refuses writes.",
    "If it fills again, look in the view Live for the program that writes so much, or raise --quota-backend-bytes.",
  ],
  CORRUPT: [
    "Save a snapshot of a member that is not corrupt.",
    "Remove the corrupt member, clear its data directory, and add it again.",
    "Clear the alarm.",
  ],
};

/** The default quota of etcd, used for older servers, which do not report theirs. */
export const defaultQuota = 2 * 1024 ** 3;

/** The versions of the members, if they differ. */
export function versionSkew(statuses: readonly Pick<Status, "version">[]): string | undefined {
  const versions = [...new Set(statuses.map(({ version }) => version))].sort();
  return versions.length > 1 ? versions.join(", ") : undefined;
}

/** How many entries a member's applied index is behind the newest one. */
export function lagOf(status: Pick<Status, "raftAppliedIndex">, all: readonly Pick<Status, "raftIndex">[]): bigint {
  const newest = all.reduce((most, { raftIndex }) => (raftIndex > most ? raftIndex : most), 0n);
  return newest > status.raftAppliedIndex ? newest - status.raftAppliedIndex : 0n;
}

/** The share of the file that defragmenting would free. */
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
