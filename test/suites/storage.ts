import type { Suite } from "./connect.ts";
import { keyvSuite } from "./storage-keyv.ts";
import { unstorageSuite } from "./storage-unstorage.ts";

/** Those of entries for other packages: they need these, which not every runtime runs. */
export const storageSuites: Readonly<Record<string, Suite>> = {
  "fetcd/unstorage": unstorageSuite,
  "fetcd/keyv": keyvSuite,
};
