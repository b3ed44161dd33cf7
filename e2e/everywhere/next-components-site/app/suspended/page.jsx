import { Suspense } from "react";
import { etcd, flag } from "../../lib/etcd.js";
async function Flag() {
  return <p>{await flag(etcd)}</p>;
}
export default function Page() {
  return (
    <Suspense fallback={<p>wait</p>}>
      <Flag />
    </Suspense>
  );
}
