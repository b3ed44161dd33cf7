import { invalid } from "./errors.ts";
import { clusterIdOf } from "./exchange.ts";

/**
 * What is wrong with the id of a cluster that answered: it is not the one expected, or not the one of the first answer.
 * (In pages of another origin nobody can tell: the header is out of sight.)
 */
export function createClusterGuard(expected: bigint | string | undefined): (id: bigint) => string | undefined {
  let known = expected === undefined ? undefined : clusterIdOf(expected);
  if (expected !== undefined && known === undefined) {
    throw invalid("expectedClusterId: expected an id as a bigint or hex");
  }
  return (id) => {
    known ??= id;
    return id === known
      ? undefined
      : `the cluster has changed: cluster ${id.toString(16)} answered, expected ${known.toString(16)}`;
  };
}
