import { cacheLife } from "next/cache";
import { etcd, flag } from "../../lib/etcd.js";
async function load() {
  "use cache";
  cacheLife("max");
  return flag(etcd);
}
export default async function Page() {
  return <p>{await load()}</p>;
}
