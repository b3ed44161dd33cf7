import { flag, member } from "../../lib/etcd.js";

export default async function Page() {
  return <p>{await flag(member)}</p>;
}
