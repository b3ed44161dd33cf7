import { type Etcd, op } from "fetcd";

/** Writes sample keys of every kind that the page shows, to try the page without a server. */
export async function writeSampleData(etcd: Etcd): Promise<void> {
  const json = (value: unknown): string => JSON.stringify(value);
  await etcd.txn({
    then: [
      op.put("app/config/database", json({ host: "db.internal", port: 5432, pool: { min: 2, max: 10 } })),
      op.put("app/config/greeting", "Hello"),
      op.put("app/config/logging", "level: info\nsinks:\n  - stdout\n  - file: /var/log/app.log\n"),
      op.put("app/config/limits", '[requests]\nper_second = 200\nburst = 400\n\n[uploads]\nmax = "16 MiB"\n'),
      op.put("app/config/menu", '<menu>\n  <item href="/">Home</item>\n  <item href="/docs">Docs</item>\n</menu>\n'),
      op.put("app/assets/logo", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0xff])),
      op.put(
        "flags/new-checkout",
        json({
          state: "ENABLED",
          variants: { on: true, off: false },
          defaultVariant: "off",
          targeting: {
            if: [
              { ends_with: [{ var: "email" }, "@example.com"] },
              "on",
              {
                fractional: [
                  ["on", 25],
                  ["off", 75],
                ],
              },
            ],
          },
          metadata: { owner: "payments" },
        }),
      ),
      op.put(
        "flags/theme",
        json({ state: "ENABLED", variants: { light: "light", dark: "dark" }, defaultVariant: "light", targeting: {} }),
      ),
      op.put(
        "flags/maintenance",
        json({ state: "DISABLED", variants: { on: true, off: false }, defaultVariant: "off" }),
      ),
    ],
  });
  for (const greeting of ["Hi", "Good morning", "Hello, world"]) await etcd.put("app/config/greeting", greeting);
  const { id } = await etcd.lease.grant(3_600);
  for (const host of ["10.0.0.1:80", "10.0.0.2:80"]) await etcd.put(`services/web/${host}`, "up", { lease: id });
  for (const worker of ["worker-1", "worker-2", "worker-3"]) {
    const { id: session } = await etcd.lease.grant(7_200);
    await etcd.put(`locks/nightly-backup/${session.toString(16)}`, worker, { lease: session });
  }
}
