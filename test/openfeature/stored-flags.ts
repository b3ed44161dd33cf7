import { createFlags, type Flags, type FlagsOptions } from "../../src/flags/index.ts";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";

const defaults = { dark: false, greeting: "hello", limit: 10, theme: { color: "blue" } };

export interface StoredFlags {
  readonly memory: MemoryEtcd;
  readonly etcd: Etcd;
  readonly flags: Flags<typeof defaults>;
  pass(seconds: number): void;
}

/** Flags of an etcd in memory, some of them stored, with a clock to move. */
export async function storedFlags(options: Partial<FlagsOptions<typeof defaults>> = {}): Promise<StoredFlags> {
  const memory = createMemoryEtcd();
  const etcd = createEtcd({ fetch: memory.fetch, retry: false });
  let time = 0;
  await etcd.put("flags/limit", "20");
  await etcd.put("flags/theme", '{"color":"red"}');
  const put = (name: string, flag: object) => etcd.put(`flags/${name}`, JSON.stringify({ state: "ENABLED", ...flag }));
  await put("greeting", {
    variants: { polite: "good morning", short: "hi" },
    targeting: { if: [{ "==": [{ var: "plan" }, "pro"] }, "polite"] },
    defaultVariant: "short",
  });
  await put("dark", {
    variants: { on: true, off: false },
    targeting: {
      fractional: [
        ["on", 100],
        ["off", 0],
      ],
    },
    defaultVariant: "off",
    metadata: { owner: "team" },
  });
  await etcd.put("flags/unlisted", '"there"');
  await put("off", { state: "DISABLED", variants: { a: 1 }, defaultVariant: "a" });
  await put("undecided", { variants: { a: 1 } });
  const flags = createFlags(etcd, { prefix: "flags/", defaults, now: () => time, ...options });
  return { memory, etcd, flags, pass: (seconds) => void (time += seconds * 1000) };
}
