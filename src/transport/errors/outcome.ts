/**
 * What became of the call on the server.
 * - `applied`: the server executed it, though the call failed for another reason.
 * - `not-applied`: the server certainly did not execute it. Reads are always this: they have nothing to apply.
 * - `unknown`: the server may have executed this, or may still execute it later. Reading the key does not settle it;
 *   `exactlyOnce` or a compare in the write itself does.
 */
export type Outcome = "applied" | "not-applied" | "unknown";
