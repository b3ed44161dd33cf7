import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { type Answer, poster } from "./answers.ts";
import { program } from "./programs.ts";
import { watchAll } from "./watch-all.ts";

const places = [
  { version: "3.4", dialect: "gateway1" },
  { version: "3.5", dialect: "gateway2" },
] as const;

/** Programs of up to 12 requests each. More of them: DIFFERENTIAL_RUNS=10000. */
const numRuns = Number(process.env["DIFFERENTIAL_RUNS"] ?? 1000);

describe.each(places)("memory and a real etcd $version, told the same", ({ version, dialect }) => {
  let etcd: Etcd;
  let memory: MemoryEtcd;

  beforeAll(async () => {
    etcd = await startEtcd({ version });
    memory = createMemoryEtcd({ version, dialect, minLeaseTtl: 1 });
  });
  afterAll(async () => {
    memory.close();
    await etcd.close();
  });

  it(`answer the same, and report the same changes, ${numRuns} programs in a row`, { timeout: 600_000 }, async () => {
    const url = etcd.endpoints[0] ?? "";
    const real = poster(url, fetch);
    const ours = poster(url, memory.fetch);
    const [realEvents, ourEvents] = [await watchAll(url, fetch), await watchAll(url, memory.fetch)];
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        for (const { path, body } of steps) {
          const request = body(memory.revision);
          const [expected, answer]: Answer[] = await Promise.all([
            real(path, request).catch((error: unknown) => {
              throw new Error(`${path} ${JSON.stringify(request)}\n${etcd.members[0]?.log().slice(-3000)}`, {
                cause: error,
              });
            }),
            ours(path, request),
          ]);
          expect(answer, `${path} ${JSON.stringify(request)}`).toEqual(expected);
        }
      }),
      { numRuns, endOnFailure: true },
    );
    expect(await ourEvents.until(memory.revision)).toEqual(await realEvents.until(memory.revision));
  });
});
