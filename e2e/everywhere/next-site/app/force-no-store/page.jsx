import { etcd, flag } from "../../lib/etcd.js";

export const fetchCache = "force-no-store";

export default async function Page() {
  return <p>{await flag(etcd)}</p>;
}
