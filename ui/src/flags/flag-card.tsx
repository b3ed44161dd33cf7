import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Drafts, FlagEdit } from "../drafts.ts";
import { goToKey } from "../page-route.ts";
import { perform } from "../ui/notice.tsx";
import { FlagEditor } from "./flag-editor.tsx";
import { findFractional, rulesOf, sharesOf, withShares } from "./rules.ts";
import { SplitForm } from "./split-form.tsx";
import { changedBy, type StoredFlag } from "./stored-flag.ts";

interface Props {
  readonly flag: StoredFlag;
  readonly drafts: Drafts["flags"];
  /** Why it may not be changed; `undefined` if it may. */
  readonly why: string | undefined;
  onWrite(flag: StoredFlag, change: object, done: string): Promise<void>;
}

/** Shows a flag with its state and its rules in words, and lets the user change them. */
export function FlagCard({ flag, drafts, why, onWrite }: Props): JSX.Element {
  // Disabled while a change is written, so that the next change builds on its result.
  const [writing, setWriting] = useState(false);
  const disabled = why !== undefined || writing;
  async function write(of: StoredFlag, change: object, done: string): Promise<void> {
    setWriting(true);
    try {
      await onWrite(of, change, done);
    } finally {
      setWriting(false);
    }
  }
  const { name, definition, entry } = flag;
  const on = definition?.["state"] === "ENABLED";
  const targeting = definition?.["targeting"];
  const rules = rulesOf(targeting);
  const fractional = findFractional(targeting);
  const shares = fractional === undefined ? [] : sharesOf(fractional);
  const [edit, setEdit] = useState(drafts.get(entry.key));
  const base = edit?.base;
  function keep(next: FlagEdit | undefined): void {
    if (next === undefined) drafts.delete(entry.key);
    else drafts.set(entry.key, next);
    setEdit(next);
  }
  const variants = definition?.["variants"];
  return (
    <section class="card stack" aria-label={name}>
      <div class="row apart">
        <div class="row">
          <h2 class="mono">{name}</h2>
          {definition === undefined ? (
            <span class="badge">a plain value</span>
          ) : (
            <span class={`badge ${on ? "good" : ""}`}>{on ? "enabled" : "disabled"}</span>
          )}
          <small>
            changed at revision {String(entry.modRevision)}
            {changedBy(flag)}
          </small>
        </div>
        <div class="row">
          {definition !== undefined && (
            <button
              type="button"
              role="switch"
              aria-checked={on}
              aria-label={`${name} is enabled`}
              disabled={disabled}
              title={why}
              onClick={() =>
                void perform(() =>
                  write(flag, { state: on ? "DISABLED" : "ENABLED" }, `${name} is ${on ? "disabled" : "enabled"}`),
                )
              }
            >
              {on ? "Disable" : "Enable"}
            </button>
          )}
          {definition !== undefined && (
            <button
              type="button"
              aria-expanded={base !== undefined}
              disabled={base !== undefined}
              onClick={() => keep({ base: flag, name })}
            >
              Edit
            </button>
          )}
          <button type="button" onClick={() => goToKey(entry.keyBytes)}>
            As a key
          </button>
        </div>
      </div>
      {typeof variants === "object" && variants !== null && (
        <div>
          {Object.entries(variants).map(([variant, value]: [string, unknown]) => (
            <span key={variant} class={`badge ${variant === definition?.["defaultVariant"] ? "accent" : ""}`}>
              {variant}: {JSON.stringify(value)}
              {variant === definition?.["defaultVariant"] && ", the default"}
            </span>
          ))}
        </div>
      )}
      {rules.length > 0 && (
        <ol style={{ margin: 0, paddingLeft: "20px" }} aria-label="Rules">
          {rules.map(({ when, then }, i) => (
            <li key={i}>
              {when === undefined ? "Everybody else gets" : `If ${when}:`} <strong>{then}</strong>
            </li>
          ))}
        </ol>
      )}
      {shares.length > 1 && base === undefined && (
        <SplitForm
          key={JSON.stringify(shares)}
          shares={shares}
          disabled={disabled}
          onSplit={(percents) => {
            const change = { targeting: withShares(targeting, percents) };
            const words = shares.map(({ variant }, i) => `${variant} ${percents[i]} %`).join(", ");
            void perform(() => write(flag, change, `${name}: ${words}`));
          }}
        />
      )}
      {base?.definition !== undefined && (
        <>
          {base.entry.modRevision !== entry.modRevision && (
            <p class="callout error" role="alert">
              Somebody else changed this flag meanwhile, so this edit cannot be saved. Cancel, and edit it anew.
            </p>
          )}
          <FlagEditor
            definition={base.definition}
            draft={edit?.draft}
            disabled={disabled}
            onDraft={(draft) => keep({ base, name, draft })}
            onSave={async (change) => {
              await write(base, change, `Saved ${name}`);
              keep(undefined);
            }}
            onClose={() => keep(undefined)}
          />
        </>
      )}
    </section>
  );
}
