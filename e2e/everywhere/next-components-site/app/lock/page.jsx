import { Suspense } from "react";
import { connection } from "next/server";
import { withLock } from "fetcd";
import { etcd } from "../../lib/etcd.js";
async function Locked() {
  await connection();
  return <p>{await withLock(etcd, "site/lock", async (held) => `flag=${held.token > 0n};`)}</p>;
}
export default function Page() {
  return (
    <Suspense fallback={<p>wait</p>}>
      <Locked />
    </Suspense>
  );
}
