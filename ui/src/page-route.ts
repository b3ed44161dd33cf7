import { signal } from "@preact/signals";
import { bytesOf, idOf, isMarked, keyRef } from "./keys/key-id.ts";

export const views = ["keys", "live", "holds", "leases", "flags", "cluster", "users"] as const;
export type View = (typeof views)[number];

/** The part of the address after `#`: a view, and in the view of keys the chosen key or folder. */
export interface Route {
  readonly view: View;
  /** The name of a key, or of a folder, which ends with its delimiter. */
  readonly id: string | undefined;
}

export const route = signal<Route>(readRoute(location.hash));

addEventListener("hashchange", () => (route.value = readRoute(location.hash)));

/** `#/keys/app%2Fconfig`: links to a key can be sent to others, who open them in their own page. */
export function readRoute(hash: string): Route {
  const [, name = "", rest = ""] = /^#\/?([a-z]*)(?:\/(.*))?$/.exec(hash) ?? [];
  const view = views.find((each) => each === name) ?? "keys";
  return { view, id: view === "keys" && rest !== "" ? decode(rest) : undefined };
}

export function hrefOf(view: View, id?: string): string {
  return id === undefined ? `#/${view}` : `#/${view}/${encode(id)}`;
}

export function go(view: View, id?: string): void {
  location.hash = hrefOf(view, id);
}

export function goToKey(bytes: Uint8Array): void {
  go("keys", keyRef(idOf(bytes)));
}

/** Encodes each byte, so that keys that are not text have an address too. A question mark tells a key from a folder. */
function encode(id: string): string {
  const bytes = Array.from(bytesOf(id), (byte) => {
    const letter = String.fromCharCode(byte);
    return /[\w.~/:@-]/.test(letter) ? letter : `%${byte.toString(16).padStart(2, "0").toUpperCase()}`;
  }).join("");
  return isMarked(id) ? `${bytes}?` : bytes;
}

function decode(text: string): string {
  if (text.endsWith("?")) return keyRef(decode(text.slice(0, -1)));
  const utf8 = idOf(new TextEncoder().encode(text));
  return utf8.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
