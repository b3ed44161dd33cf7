import MiniSearch from "minisearch";
import { stemmer } from "stemmer";
import type { SearchRecord } from "./records.ts";

/** Words that are everywhere, so that people who ask in sentences are not led by them. */
const common = new Set(
  (
    "a about after am an and any are as at be been but by can cannot could do does doesn don etc for from get gets getting has have how " +
    "i if in into is isn it its just me must my need no not of on or our should so some than that the their them then there " +
    "these they this to too try up use used using wants was we were what when where which while who why will with work works " +
    "would you your"
  ).split(" "),
);

/** A word as it is compared: in lower case and without its ending. Names are found by their parts too. */
function comparable(word: string): string[] {
  const parts = word.split(/_|(?<=[\p{Ll}\d])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u);
  const forms = new Set([word, ...parts].map((form) => form.toLowerCase()));
  return [...forms].filter((form) => form.length > 1 && !common.has(form)).map((form) => stemmer(form));
}

const wordsOf = (text: string): string[] => text.split(/[^\p{L}\p{N}_]+/u);

/** The words of a text in pairs, as they follow each other: what a copied message shares with a page that quotes it. */
function pairsOf(text: string): Set<string> {
  const words = wordsOf(text.toLowerCase()).filter((word) => word !== "");
  return new Set(words.slice(1).map((word, i) => `${words[i]} ${word}`));
}

/** How much of `pairs` is in a record: from 0 to 1. */
function shareOf(pairs: ReadonlySet<string>, { title, text }: SearchRecord): number {
  if (pairs.size === 0) return 0;
  const own = pairsOf(`${title} . ${text}`);
  return [...pairs].filter((pair) => own.has(pair)).length / pairs.size;
}

/** What answers what was typed, best first. */
export type Search = (typed: string) => SearchRecord[];

/** How many results are shown. */
const shown = 10;

/** A search over records. */
export function createSearch(records: readonly SearchRecord[]): Search {
  const index = new MiniSearch<SearchRecord & { readonly id: number }>({
    fields: ["title", "parent", "text"],
    tokenize: wordsOf,
    processTerm: comparable,
    searchOptions: {
      boost: { title: 3, parent: 0.5 },
      // The last word may not be finished yet.
      prefix: (_term, i, terms) => i === terms.length - 1,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      weights: { prefix: 0.4, fuzzy: 0.2 },
      // A section answers more than a name does, which is short and thus all that it says.
      boostDocument: (id) => (records[Number(id)]?.section ? 3 : 1),
    },
  });
  index.addAll(records.map((record, id) => ({ ...record, id })));
  return (typed) => {
    const asked = new Set(wordsOf(typed).flatMap(comparable)).size;
    const pairs = pairsOf(typed);
    const name = typed.toLowerCase();
    const ranked = index.search(typed).flatMap(({ id, score, queryTerms }) => {
      const record = records[Number(id)];
      if (record === undefined) return [];
      // The more of the words the better, and of their order. Who types a whole name wants that.
      const wholeName = record.title.toLowerCase() === name ? 2 : 1;
      return { record, score: score * (queryTerms.length / asked) * (1 + shareOf(pairs, record)) * wholeName };
    });
    ranked.sort((a, b) => b.score - a.score);
    return ranked.slice(0, shown).map(({ record }) => record);
  };
}
