import { type Signal, signal } from "@preact/signals";
import type { Entry } from "fetcd";
import type { Draft } from "./flags/draft.ts";
import type { StoredFlag } from "./flags/stored-flag.ts";
import type { ValueForm } from "./keys/value-form.ts";

/** Text typed for a value; it may not be valid yet. */
export interface TextEdit {
  readonly form: ValueForm;
  text(): string;
}

/** An unsaved edit of a key. */
export interface ValueEdit extends TextEdit {
  /** The entry that the editor showed before the edit. */
  readonly shown: Entry;
  /** The entry that saving replaces. It differs from `shown` once somebody else has changed the key. */
  readonly base: Entry;
}

/** A key that does not exist yet. */
export interface NewKeyEdit {
  readonly key: string;
  readonly template: string;
  readonly edit?: TextEdit | undefined;
  /** The key or folder in whose panel it is shown; `undefined` while the user looks at others. */
  readonly at: string | undefined;
}

/** A flag whose editor is open. */
export interface FlagEdit {
  /** The flag that saving replaces; `undefined` for a new flag. */
  readonly base?: StoredFlag;
  readonly name: string;
  /** `undefined` until something is changed. */
  readonly draft?: Draft;
}

/** Unsaved edits of one connection. They are only in memory, and are shown again when their view is opened again. */
export interface Drafts {
  /** By the name of the key in the tree. */
  readonly values: Map<string, ValueEdit>;
  readonly newKey: Signal<NewKeyEdit | undefined>;
  /** By key; a new flag by "". */
  readonly flags: Map<string, FlagEdit>;
}

export function createDrafts(): Drafts {
  return { values: new Map(), newKey: signal(undefined), flags: new Map() };
}

/** Whether any edit is unsaved. */
export function isUnsaved({ values, newKey, flags }: Drafts): boolean {
  return (
    values.size > 0 || newKey.value?.edit !== undefined || [...flags.values()].some(({ draft }) => draft !== undefined)
  );
}
