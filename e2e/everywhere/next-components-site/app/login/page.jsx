import { Suspense } from "react";
import { member, flag } from "../../lib/etcd.js";
async function Flag() {
  return <p>{await flag(member)}</p>;
}
export default function Page() {
  return (
    <Suspense fallback={<p>wait</p>}>
      <Flag />
    </Suspense>
  );
}
