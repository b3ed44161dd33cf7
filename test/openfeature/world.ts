import { createFlags, type Flags, type FlagsOptions } from "../../src/flags/index.ts";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";

const defaults = { dark: false, greeting: "hello", limit: 10, theme: { color: "blue" } };

export interface World {
  readonly memory: MemoryEtcd;
  readonly etcd: Etcd;
  readonly flags: Flags<typeof defaults>;
  pass(seconds: number): void;
}

/** Flags of an etcd in memory, some of them stored, with a clock to move. */
export async function world(options: Partial<FlagsOptions<typeof defaults>> = {}): Promise<World> {
  const memory = createMemoryEtcd();
  const etcd = createEtcd({ fetch: memory.fetch, retry: false });
  let time = 0;
  await etcd.put("flags/limit", "20");
  await etcd.put("flags/theme", '{"color":"red"}');
  const rules = [{ if: [{ attribute: "plan", op: "=", value: "pro" }], variant: "polite" }];
  const variants = { polite: "good morning", short: "hi" };
  await etcd.put("flags/greeting", JSON.stringify({ $flag: 1, variants, rules, default: "short" }));
  const split = [
    { variant: "on", percent: 100 },
    { variant: "off", percent: 0 },
  ];
  await etcd.put("flags/dark", JSON.stringify({ $flag: 1, variants: { on: true, off: false }, split }));
  await etcd.put("flags/unlisted", '"there"');
  await etcd.put("flags/off", JSON.stringify({ $flag: 1, variants: { a: 1 }, default: "a", enabled: false }));
  const flags = createFlags(etcd, { prefix: "flags/", defaults, now: () => time, ...options });
  return { memory, etcd, flags, pass: (seconds) => void (time += seconds * 1000) };
}
