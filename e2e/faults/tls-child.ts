import { EtcdError } from "../../src/transport/errors/etcd-error.ts";
import { createEtcd } from "../../src/v3/client.ts";
import { tokenCanary } from "../../test/transport/etcd-error.ts";

// A process of its own, since Node reads its trusted certificates (NODE_EXTRA_CA_CERTS) when it starts.
// Arguments: endpoints. Puts once, and prints what came of it.

const etcd = createEtcd({ endpoints: process.argv.slice(2), auth: { token: tokenCanary }, timeoutMs: 3000 });
try {
  await etcd.put("tls", "1");
  console.log(JSON.stringify({ ok: true, endpointInUse: etcd.endpointInUse }));
} catch (error) {
  if (!EtcdError.is(error)) throw error;
  const { reason, code, outcome, attempts, message } = error;
  console.log(JSON.stringify({ reason, code, outcome, attempts: attempts.length, message }));
}
