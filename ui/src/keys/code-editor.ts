import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { jsonLanguage } from "@codemirror/lang-json";
import { xmlLanguage } from "@codemirror/lang-xml";
import { yamlLanguage } from "@codemirror/lang-yaml";
import {
  foldGutter,
  foldKeymap,
  HighlightStyle,
  StreamLanguage,
  syntaxHighlighting,
  syntaxTree,
} from "@codemirror/language";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { search, searchKeymap } from "@codemirror/search";
import { Annotation, type ChangeSpec, Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { ValueForm } from "./value-form.ts";
import type { YamlNode } from "./yaml-tree.ts";

export interface CodeEditor {
  /** Captures the document now. The function returns its text, which is built only when it is called. */
  snapshot(): () => string;
  /** Replaces the text as if the user had typed it, so that Ctrl+Z undoes it. */
  setText(text: string): void;
  /** Shows another text, without edits to undo. */
  show(text: string, form: ValueForm): void;
  setReadOnly(readOnly: boolean): void;
  close(): void;
}

interface Options {
  readonly text: string;
  readonly form: ValueForm;
  readonly readOnly: boolean;
  onEdit(): void;
  onSave(): void;
}

const languages: Readonly<Record<ValueForm, () => Extension>> = {
  text: () => [],
  hex: () => [],
  json: () => jsonLanguage,
  yaml: () => yamlLanguage,
  xml: () => xmlLanguage,
  toml: () => StreamLanguage.define(toml),
};

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.attributeName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.attributeValue], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.atom], color: "var(--warn)" },
  { tag: [tags.comment, tags.punctuation], color: "var(--soft)" },
  { tag: [tags.tagName, tags.heading], color: "var(--accent)" },
]);

const theme = EditorView.theme({
  "&": { height: "100%", minHeight: "138px", maxHeight: "60vh", fontSize: "12.5px", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent)",
  },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--tint)", color: "var(--accent)", border: "none" },
});

/** Marks a change that is not an edit by the user. */
const shownAnew = Annotation.define<true>();

/** With a longer line, the editor turns off colours, folding and wrapping, which would be too slow. */
const mostColouredLine = 20_000;

/**
 * Creates an editor in `host`. It uses a shadow tree, whose style sheets need no exception in the page's security policy.
 */
export function createCodeEditor(host: HTMLElement, options: Options): CodeEditor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const language = new Compartment();
  const access = new Compartment();
  const accessOf = (readOnly: boolean): Extension => [
    EditorState.readOnly.of(readOnly),
    EditorView.contentAttributes.of({ "aria-readonly": String(readOnly) }),
  ];
  const plain = /[^\n]{20000}/.test(options.text) || options.text.length > 512 * 1024;
  const languageOf = (form: ValueForm): Extension => (plain ? [] : languages[form]());
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        keymap.of([{ key: "Mod-s", preventDefault: true, run: () => (options.onSave(), true) }]),
        lineNumbers(),
        history(),
        drawSelection(),
        search({ top: true }),
        highlightActiveLine(),
        // Wrapping a line of a million characters takes seconds.
        ...(plain ? [] : [foldGutter(), syntaxHighlighting(colours), EditorView.lineWrapping]),
        EditorView.contentAttributes.of({ "aria-label": "Value", spellcheck: "false" }),
        keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, indentWithTab]),
        EditorState.tabSize.of(2),
        // By default the editor normalizes line breaks, but those of a value must stay as they are.
        EditorState.lineSeparator.of("\n"),
        theme,
        language.of(languageOf(options.form)),
        access.of(accessOf(options.readOnly)),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !update.transactions.some((each) => each.annotation(shownAnew))) options.onEdit();
        }),
      ],
    }),
  });
  const all = (insert: string): ChangeSpec => ({ from: 0, to: view.state.doc.length, insert });
  return {
    snapshot: () => {
      const { doc } = view.state;
      return () => doc.toString();
    },
    setText: (insert) => view.dispatch({ changes: all(insert) }),
    show: (insert, form) =>
      view.dispatch({
        changes: all(insert),
        effects: language.reconfigure(languageOf(form)),
        annotations: shownAnew.of(true),
      }),
    setReadOnly: (readOnly) => view.dispatch({ effects: access.reconfigure(accessOf(readOnly)) }),
    close: () => view.destroy(),
  };
}

/** The line of the first syntax error, if the language has a parser. */
export function faultLine(text: string, form: ValueForm): number | undefined {
  if (text.length > mostColouredLine * 4) return undefined;
  const state = EditorState.create({ doc: text, extensions: [EditorState.lineSeparator.of("\n"), languages[form]()] });
  let line: number | undefined;
  syntaxTree(state).iterate({
    enter({ type, from }) {
      if (type.isError) line ??= state.doc.lineAt(from).number;
      return line === undefined;
    },
  });
  return line;
}

/** Parses YAML with the parser of the editor, which the import uses too. */
export function parseYaml(text: string): YamlNode {
  return yamlLanguage.parser.parse(text).topNode;
}
