import type { Entry } from "fetcd";
import type { JSX } from "preact";
import { perform } from "../ui/notice.tsx";
import { labelOf } from "./key-id.ts";
import { hexOf, losslessText } from "./value-form.ts";

/** Copies a key, its value, its address or a command that reads it to the clipboard. */
export function CopyMenu({ entry }: { readonly entry: Entry }): JSX.Element {
  const texts: Readonly<Record<string, () => string>> = {
    key: () => losslessText(entry.keyBytes) ?? hexOf(entry.keyBytes),
    value: () => losslessText(entry.value) ?? hexOf(entry.value),
    link: () => location.href,
    "etcdctl command": () => `etcdctl get ${shellQuoted(entry.keyBytes)}`,
    "fetcd command": () => `npx fetcd get ${shellQuoted(entry.keyBytes)}`,
  };
  return (
    <select
      aria-label={`Copy from ${labelOf(entry.keyBytes)}`}
      class="short"
      value=""
      onChange={(event) => {
        const { value } = event.currentTarget;
        event.currentTarget.value = "";
        const text = texts[value]?.();
        if (text !== undefined) void perform(() => navigator.clipboard.writeText(text), `Copied the ${value}`);
      }}
    >
      <option value="">Copy…</option>
      {Object.keys(texts).map((name) => (
        <option key={name} value={name}>
          Copy the {name}
        </option>
      ))}
    </select>
  );
}

/** Quotes a key for a shell: text in single quotes, other bytes as `$'...'`, which bash and zsh understand. */
export function shellQuoted(key: Uint8Array): string {
  const text = losslessText(key);
  if (text !== undefined && !/\p{Cc}/u.test(text)) return `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const bytes = Array.from(key, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`);
  return `$'${bytes.join("")}'`;
}
