import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { TextEdit } from "../drafts.ts";
import { Icon } from "../ui/icon.tsx";
import { saveFile } from "../ui/save-file.ts";
import { size } from "../ui/size.ts";
import type { CodeEditor } from "./code-editor.ts";
import { formatJson } from "./json-text.ts";
import {
  type ValueForm,
  formNames,
  formOf,
  valueForms,
  mostHexBytes,
  readValue,
  show,
  losslessText,
} from "./value-form.ts";

interface Props {
  readonly value: Uint8Array;
  /** An unsaved edit, which the editor shows at first instead of the value. */
  readonly edit?: TextEdit | undefined;
  readonly disabled: boolean;
  /** Why it is disabled. */
  readonly why?: string | undefined;
  /** The file name for downloading the value. */
  readonly name?: string;
  onEdit?(edit: TextEdit): void;
  /** Discards the edit, if there is one. */
  readonly onDiscard?: (() => void) | undefined;
  onSave(value: Uint8Array): Promise<void>;
  readonly verb?: string;
}

/** Edits a value in the form that fits it. Ctrl+S saves. */
export function ValueEditor({
  value,
  edit,
  disabled,
  why,
  name = "value",
  onEdit,
  onDiscard,
  onSave,
  verb = "Save",
}: Props): JSX.Element {
  const [form, setForm] = useState<ValueForm>(() => edit?.form ?? formOf(value));
  const [wrong, setWrong] = useState<string | undefined>(undefined);
  const [edited, setEdited] = useState(edit !== undefined);
  const [binary, setBinary] = useState(() => form === "hex" && losslessText(value) === undefined);
  const cut = form === "hex" && value.length > mostHexBytes;
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | undefined>(undefined);
  const latest = useRef({ save, changed, current, readOnly: false });
  latest.current = { save, changed, current, readOnly: disabled || cut };

  useEffect(() => {
    let gone = false;
    // Loaded on demand: the editor is most of the size of the page.
    void import("./code-editor.ts").then(({ createCodeEditor }) => {
      if (gone || place.current === null) return;
      editor.current = createCodeEditor(place.current, {
        text: edit?.text() ?? show(value, form),
        form,
        readOnly: latest.current.readOnly,
        onEdit: () => latest.current.changed(),
        onSave: () => latest.current.save(),
      });
    });
    return () => {
      gone = true;
      editor.current?.close();
    };
  }, []);
  useEffect(() => editor.current?.setReadOnly(disabled || cut), [disabled, cut]);

  /** Reports the content of the editor to the parent. */
  function changed(as = form): void {
    setEdited(true);
    setWrong(undefined);
    const text = editor.current?.snapshot();
    if (text !== undefined) onEdit?.({ form: as, text });
  }

  function failed(error: unknown): void {
    setWrong(error instanceof Error ? error.message : String(error));
  }

  function text(): string {
    return (editor.current?.snapshot() ?? edit?.text)?.() ?? "";
  }

  function current(): Uint8Array {
    return edited ? readValue(text(), form, value) : value;
  }

  function change(to: ValueForm): void {
    try {
      const bytes = current();
      put(bytes, to);
      if (edited) changed(to);
      setWrong(undefined);
    } catch (error) {
      failed(error);
    }
  }

  function put(bytes: Uint8Array, to: ValueForm): void {
    editor.current?.show(show(bytes, to), to);
    setForm(to);
    setBinary(losslessText(bytes) === undefined);
  }

  function format(): void {
    try {
      JSON.parse(text());
      const formatted = formatJson(text());
      if (formatted === undefined) throw new Error("It is nested too deep to be formatted.");
      editor.current?.setText(formatted);
    } catch (error) {
      failed(error);
    }
  }

  function save(): void {
    if (disabled || cut) return;
    void saving().catch(failed);
  }

  async function saving(): Promise<void> {
    const bytes = current();
    if (edited && (form === "yaml" || form === "xml")) {
      const { faultLine } = await import("./code-editor.ts");
      const line = faultLine(text(), form);
      // The value may be meant as it is, so the first try warns and the second one saves.
      if (line !== undefined && wrong === undefined) {
        throw new Error(`Line ${line} is not ${formNames[form]}. ${verb} again to keep it as it is.`);
      }
    }
    setWrong(undefined);
    await onSave(bytes);
  }

  async function upload(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    const bytes = new Uint8Array(await file.arrayBuffer());
    const to = formOf(bytes);
    if (to === "hex" && bytes.length > mostHexBytes) {
      await onSave(bytes);
      return;
    }
    put(bytes, to);
    changed(to);
  }

  return (
    <section aria-label="Value" class="stack">
      <div class="row apart">
        <div class="segments" role="radiogroup" aria-label="Shown as">
          {valueForms.map((each) => (
            <label key={each}>
              <input
                type="radio"
                name="form"
                checked={form === each}
                disabled={binary && each !== "hex"}
                onChange={() => change(each)}
              />
              {formNames[each]}
            </label>
          ))}
        </div>
        <div class="row">
          {form === "json" && (
            <button type="button" class="quiet" disabled={disabled} onClick={format}>
              Format
            </button>
          )}
          <button type="button" class="quiet" onClick={() => saveFile(name, value)}>
            <Icon name="download" /> Download
          </button>
          <label class={`upload${disabled ? " off" : ""}`}>
            <span class="row">
              <Icon name="upload" /> Upload
            </span>
            <input
              type="file"
              disabled={disabled}
              onChange={(event) => void upload(event.currentTarget.files?.[0]).catch(failed)}
            />
          </label>
        </div>
      </div>
      <div class="editor">
        <div ref={place} />
      </div>
      {cut && (
        <p class="soft">
          The first {size(mostHexBytes)} of {size(value.length)}. Download the value for all of it, and upload another
          one to change it.
        </p>
      )}
      {wrong !== undefined && (
        <p class="callout error" role="alert">
          {wrong}
        </p>
      )}
      <div class="row">
        <button type="button" class="primary" disabled={disabled || cut} onClick={save}>
          {verb}
        </button>
        {onDiscard !== undefined && (
          <button type="button" onClick={onDiscard}>
            Discard
          </button>
        )}
        {disabled && why !== undefined && <span class="soft">{why}</span>}
      </div>
    </section>
  );
}
