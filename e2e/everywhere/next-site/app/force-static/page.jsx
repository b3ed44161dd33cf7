import { etcd, flag } from "../../lib/etcd.js";

export const dynamic = "force-static";

export default async function Page() {
  return <p>{await flag(etcd)}</p>;
}
