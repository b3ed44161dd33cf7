import { headers } from "next/headers";
import { etcd, flag } from "../../lib/etcd.js";

export default async function Page() {
  const read = await flag(etcd);
  const { host } = Object.fromEntries(await headers());
  return <p title={host}>{read}</p>;
}
