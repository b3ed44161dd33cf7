import { etcd, flag } from "../../lib/etcd.js";

export default async function Page() {
  return <p>{await flag(etcd)}</p>;
}
