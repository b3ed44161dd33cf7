import { etcd, flag } from "../../../lib/etcd.js";

export async function GET() {
  return new Response(await flag(etcd));
}
