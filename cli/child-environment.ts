/**
 * The environment for a child command: that of this program with `told` on top, without the password, which the command
 * does not need. A variable that is `undefined` in `told` is removed.
 */
export function childEnvironment(
  own: NodeJS.ProcessEnv,
  told: Readonly<Record<string, string | undefined>>,
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...own };
  delete env["ETCDCTL_PASSWORD"];
  // `ETCDCTL_USER` may hold the password too, as `name:password`.
  if (env["ETCDCTL_USER"] !== undefined) env["ETCDCTL_USER"] = env["ETCDCTL_USER"].split(":", 1)[0];
  for (const [name, value] of Object.entries(told)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}
