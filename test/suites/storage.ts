import type { Suite } from "./connect.ts";
import { keyvSuite } from "./storage-keyv.ts";
import { unstorageSuite } from "./storage-unstorage.ts";

/** Those of entries for other packages, which nobody else needs. */
export const storageSuites: Readonly<Record<string, Suite>> = {
  "fetcd/unstorage": unstorageSuite,
  "fetcd/keyv": keyvSuite,
};
