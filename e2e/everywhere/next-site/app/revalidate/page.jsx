import { etcd, flag } from "../../lib/etcd.js";

export const revalidate = 3600;

export default async function Page() {
  return <p>{await flag(etcd)}</p>;
}
