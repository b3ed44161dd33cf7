import { cached, flag } from "../../lib/etcd.js";

export default async function Page() {
  return <p>{await flag(cached)}</p>;
}
