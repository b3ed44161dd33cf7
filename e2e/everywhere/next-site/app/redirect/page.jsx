import { withLock } from "fetcd";
import { redirect } from "next/navigation";
import { etcd } from "../../lib/etcd.js";

export const dynamic = "force-dynamic";

export default async function Page() {
  await withLock(etcd, "site/lock", () => redirect("/plain"));
}
