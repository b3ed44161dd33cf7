import fc from "fast-check";

const { DIFFERENTIAL_RUNS: asked, DIFFERENTIAL_SEED: seed = asked === undefined ? "2379" : undefined } = process.env;

/**
 * How many programs of a kind there are: the same ones in each run, so that no push fails for what it has not changed.
 * Others, by chance: DIFFERENTIAL_RUNS=10000. A failure tells its seed; all before it again, which is what it may take:
 * DIFFERENTIAL_SEED=… with the same number.
 */
export const runs = (usual: number): number => Number(asked ?? usual);

if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });
