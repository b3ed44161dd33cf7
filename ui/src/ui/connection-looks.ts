import { signal } from "@preact/signals";
import type { PageSession } from "../page-session.ts";

/** Colours that tell connections apart at a glance, such as red for production. */
export const colours = ["none", "red", "amber", "green", "blue"] as const;
export type Colour = (typeof colours)[number];

export const shades: Readonly<Record<Colour, string>> = {
  none: "transparent",
  red: "#d92d20",
  amber: "#dc8a00",
  green: "#149a52",
  blue: "#2f76e6",
};

/** The name and colour of a connection. */
export interface ConnectionLooks {
  readonly name: string;
  readonly colour: Colour;
}

const prefix = "fetcd-ui-connection ";
const stored = (endpoint: string): string => prefix + endpoint;
const changes = signal(0);

/** Stored by endpoint. A connection named production is red unless the user chose another colour. */
export function looksOf({ endpoint, name: given }: Pick<PageSession, "endpoint" | "name">): ConnectionLooks {
  const [kept = "none", ...rest] =
    changes.value < 0 ? [] : (localStorage.getItem(stored(endpoint))?.split(" ") ?? [""]);
  const name = rest.join(" ") || given || shortOf(endpoint);
  const colour = colours.find((each) => each === kept) ?? (/prod/i.test(name) ? "red" : "none");
  return { name, colour };
}

/** Shortens a list of URLs to the host and port of the first one: `10.0.0.1:2379 +2`. */
function shortOf(endpoint: string): string {
  const [first, ...others] = endpoint.match(/(?<=:\/\/)\S+/g) ?? [endpoint];
  return others.length > 0 ? `${first} +${others.length}` : first;
}

export function keepLooks(endpoint: string, { name, colour }: ConnectionLooks): void {
  localStorage.setItem(stored(endpoint), `${colour} ${name === shortOf(endpoint) ? "" : name}`);
  changes.value++;
}

/** The endpoints that have a name or a colour. */
export function knownEndpoints(): string[] {
  return Object.keys(localStorage).flatMap((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : []));
}
