import { flag, uncached } from "../../lib/etcd.js";

export default async function Page() {
  return <p>{await flag(uncached)}</p>;
}
