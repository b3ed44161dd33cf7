import { createVerdict, type Verdict } from "../transport/errors/verdict.ts";
import { EtcdV2Error } from "./errors.ts";

/** The verdict on an operation of several requests. */
export function v2Verdict(): Verdict {
  return createVerdict({
    outcomeOf: (error) => (EtcdV2Error.is(error) ? error.outcome : undefined),
    withOutcome: (error, outcome) => (EtcdV2Error.is(error) ? Object.assign(error, { outcome }) : error),
  });
}
