import type { Permission, Selector } from "fetcd";
import type { PageSession } from "./page-session.ts";
import { useLoaded } from "./ui/use-loaded.ts";
import { covers } from "./users/key-access.ts";

const readOnlyPage = "This page is read-only.";

/** Explains what this user may not do, so that buttons are disabled with a reason. etcd has the final decision. */
export interface PageRights {
  /** Why this user may not write all of these keys; `undefined` if they may. */
  whyNotWrite(keys: readonly Uint8Array[]): string | undefined;
  /** The same for a write that first checks for changes by others: for that etcd also requires the right to read. */
  whyNotChange(keys: readonly Uint8Array[]): string | undefined;
}

/** Uses the roles as they are when the view opens. */
export function useRights({ etcd, readOnly, identity }: PageSession): PageRights {
  const [{ permissions } = identity] = useLoaded((signal) => etcd.auth.whoami({ signal }), [etcd]);
  function whyNot(verb: "read" | "write", keys: readonly Uint8Array[]): string | undefined {
    if (readOnly) return readOnlyPage;
    const granted = permissions.filter(({ permission }) => permission.includes(verb));
    if (keys.every((key) => granted.some(({ selector }) => covers(selector, key)))) return undefined;
    const why = verb === "read" ? ": this page looks before it writes" : "";
    return `Your roles do not let you ${verb} ${keys.length === 1 ? "this key" : "all of its keys"}${why}.`;
  }
  return {
    whyNotWrite: (keys) => whyNot("write", keys),
    whyNotChange: (keys) => whyNot("write", keys) ?? whyNot("read", keys),
  };
}

/** Why this user may not change members, users or roles; `undefined` if they may. */
export function whyNotRoot({ readOnly, root }: PageSession): string | undefined {
  return readOnly ? readOnlyPage : root ? undefined : "Only users with the role root may do this.";
}

/** The ranges that these permissions allow to read. */
export function readableOf(permissions: readonly Permission[]): Selector[] {
  return permissions.flatMap(({ permission, selector }) => (permission === "write" ? [] : [selector]));
}
