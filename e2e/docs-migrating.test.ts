import { Etcd3 } from "etcd3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEtcd, election, type Etcd as Client, mutex } from "../src/index.ts";
import { type Etcd, startEtcd } from "./etcd.ts";
import { poll } from "./poll.ts";

describe("docs/migrating.md, of programs that still use etcd3", () => {
  let etcd: Etcd;
  let ours: Client;
  let theirs: Etcd3;
  beforeAll(async () => {
    etcd = await startEtcd({ version: "3.5" });
    ours = createEtcd({ endpoints: etcd.endpoints });
    theirs = new Etcd3({ hosts: [...etcd.endpoints] });
  });
  afterAll(async () => {
    theirs?.close();
    await ours?.close();
    await etcd?.close();
  });

  const inQueue = (count: bigint): Promise<true> =>
    poll(`${count} are in line`, 10_000, async () =>
      (await ours.count({ prefix: "election/job/" })) === count ? true : undefined,
    );

  it("elections below election/ take turns with theirs, both ways", async () => {
    const first = theirs.election("job", 10).campaign("them");
    await first.wait();
    const job = election(ours, "election/job");
    expect((await job.leader())?.value.text()).toBe("them");

    const campaign = job.campaign("us");
    await inQueue(2n);
    expect((await job.leader())?.value.text()).toBe("them");
    await first.resign();
    const leadership = await campaign;
    expect(await theirs.election("job").leader()).toBe("us");

    const second = theirs.election("job", 10).campaign("them again");
    await inQueue(2n);
    expect(await theirs.election("job").leader()).toBe("us");
    await leadership.resign();
    await second.wait();
    expect((await job.leader())?.value.text()).toBe("them again");
    await second.resign();
  });

  it("locks do not keep theirs out, nor theirs ours", async () => {
    const lock = await theirs.lock("shared").acquire();
    const held = await mutex(ours, "shared").tryAcquire();
    expect(held?.isHeld()).toBe(true);
    await held?.release();
    await lock.release();
  });
});
