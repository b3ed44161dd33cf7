import { afterAll, beforeAll, describe } from "vitest";
import { cacheBytes } from "../../test/recipes/cache-bytes.ts";
import { type Etcd, startEtcd } from "../etcd.ts";

describe.each(["3.4", "3.5"] as const)("on etcd %s", (version) => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd({ version });
  });
  afterAll(() => etcd.close());

  cacheBytes(() => ({ endpoints: etcd.endpoints }));
});
