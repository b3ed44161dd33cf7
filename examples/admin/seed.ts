import { type Etcd, op } from "fetcd";

/** Something to look at. */
export async function seed(etcd: Etcd): Promise<void> {
  await etcd.txn({
    then: [
      op.put("app/config/database", JSON.stringify({ host: "db.internal", port: 5432, pool: { min: 2, max: 10 } })),
      op.put("app/config/greeting", "Hello"),
      op.put("app/flags/dark-mode", "true"),
      op.put("app/flags/new-checkout", JSON.stringify({ percent: 25 })),
      op.put("logo", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0xff])),
    ],
  });
  for (const greeting of ["Hi", "Good morning", "Hello, world"]) await etcd.put("app/config/greeting", greeting);
  const { id } = await etcd.lease.grant(3_600);
  await etcd.put("services/web/10.0.0.1:80", "up", { lease: id });
}
