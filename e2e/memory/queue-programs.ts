import fc from "fast-check";

/** A step of a program of locks and elections, with who takes it: a lease from 401 on. */
export type QueueStep =
  | { readonly do: "lock" | "campaign"; readonly who: number; readonly name: string; readonly value: string }
  | { readonly do: "unlock" | "resign" | "proclaim"; readonly name: string; readonly value: string }
  | { readonly do: "revoke"; readonly who: number }
  | { readonly do: "leader"; readonly name: string };

const who = fc.constantFrom(401, 402, 403, 404);
/** A lock and an election of the same name wait for each other. */
const name = fc.constantFrom("n", "n", "n/m");
const value = fc.constantFrom("1", "2");

const step: fc.Arbitrary<QueueStep> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("lock" as const), who, name, value }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("campaign" as const), who, name, value }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("unlock" as const), name, value }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("resign" as const, "proclaim" as const), name, value }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("revoke" as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("leader" as const), name }) },
);

export const queueProgram: fc.Arbitrary<readonly QueueStep[]> = fc.array(step, {
  minLength: 1,
  maxLength: 14,
  size: "max",
});
