import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";

/** By which a connection is known at a glance: production is red. */
const colours = ["none", "red", "amber", "green", "blue"] as const;
type Colour = (typeof colours)[number];

const shades: Readonly<Record<Colour, string>> = {
  none: "transparent",
  red: "#d92d20",
  amber: "#dc8a00",
  green: "#149a52",
  blue: "#2f76e6",
};

const stored = (endpoint: string): string => `fetcd-ui-colour ${endpoint}`;
const changes = signal(0);

function colourOf(endpoint: string): Colour {
  const kept = localStorage.getItem(stored(endpoint));
  return colours.find((each) => each === kept) ?? "none";
}

/** The colour of a connection, over the whole width of the page. It is kept by the address; nothing else is. */
export function ConnectionMark({ endpoint }: { readonly endpoint: string }): JSX.Element {
  const colour = changes.value >= 0 ? colourOf(endpoint) : "none";
  useEffect(() => document.documentElement.style.setProperty("--connection", shades[colour]), [colour]);
  return (
    <select
      aria-label="Colour of this connection"
      title="Colour of this connection"
      value={colour}
      onChange={(event) => {
        localStorage.setItem(stored(endpoint), event.currentTarget.value);
        changes.value++;
      }}
    >
      {colours.map((each) => (
        <option key={each} value={each}>
          {each === "none" ? "No colour" : each[0]?.toUpperCase() + each.slice(1)}
        </option>
      ))}
    </select>
  );
}
