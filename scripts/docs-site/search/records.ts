/** Something that the search of the site finds: a section of a page, or a name of the reference. */
export interface SearchRecord {
  /** Where it is, from the folder of the site. */
  readonly url: string;
  /** The heading or the name. */
  readonly title: string;
  /** The page, or what has the name. Empty at the top. */
  readonly parent: string;
  /** What it says. */
  readonly text: string;
  /** The picture of TypeDoc that stands before it. */
  readonly icon: string;
  /** By which the settings of the site hide it. */
  readonly classes: string;
  /** Whether it is a section of a page. */
  readonly section: boolean;
}
