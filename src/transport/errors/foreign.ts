import { EtcdError } from "./etcd-error.ts";

/**
 * Failures in a row, which take about half a minute, within which what was etcd may answer as something else: a proxy
 * restarts, or a login page is in the way.
 */
const patience = 16;

/** Whether something else than etcd answered. */
export function isForeign(error: unknown): boolean {
  return EtcdError.is(error) && (error.reason === "NotEtcd" || error.reason === "RedirectRefused");
}

/** Whether what has worked before goes on after such an answer. `failures`: how many in a row came before it. */
export function outlasts(error: unknown, failures: number): boolean {
  return failures < patience && isForeign(error);
}
