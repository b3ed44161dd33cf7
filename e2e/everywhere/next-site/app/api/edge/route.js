import { etcd, flag } from "../../../lib/etcd.js";

export const runtime = "edge";
export const dynamic = "force-dynamic";

export async function GET() {
  return new Response(await flag(etcd));
}

/** Writes the same again, and waits for what a watch tells of it. */
export async function POST() {
  const { revision } = await etcd.put("site/written/edge", "x");
  const { entry } = await etcd.watchOnce("site/written/edge", { from: revision });
  return Response.json({ version: entry.version.toString() });
}
