import { type Signal, signal } from "@preact/signals";
import type { Entry } from "fetcd";
import type { Draft } from "./flags/draft.ts";
import type { StoredFlag } from "./flags/stored-flag.ts";
import type { ValueForm } from "./keys/value-form.ts";

/** What was typed in place of a value: it need not stand for one yet. */
export interface TextEdit {
  readonly form: ValueForm;
  text(): string;
}

/** An edit of a key. */
export interface ValueEdit extends TextEdit {
  /** What the editor showed before it was edited. */
  readonly shown: Entry;
  /** What saving it replaces. It parts from `shown` when somebody else changes the key meanwhile. */
  readonly base: Entry;
}

/** A key that is not there yet. */
export interface NewKeyEdit {
  readonly key: string;
  readonly template: string;
  readonly edit?: TextEdit | undefined;
  /** Which key's or folder's place it is shown in; undefined while others are looked at. */
  readonly at: string | undefined;
}

/** A flag whose editor is open. */
export interface FlagEdit {
  /** What saving it replaces; undefined for a new flag. */
  readonly base?: StoredFlag;
  readonly name: string;
  /** Undefined until something is changed. */
  readonly draft?: Draft;
}

/** What somebody has typed and not saved, of one connection: in memory alone, and in its place when its view is open again. */
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

/** Whether something would be lost with these. */
export function isUnsaved({ values, newKey, flags }: Drafts): boolean {
  return (
    values.size > 0 || newKey.value?.edit !== undefined || [...flags.values()].some(({ draft }) => draft !== undefined)
  );
}
