/**
 * The environment for a command that is run: ours and what it is told, without the password, which is not its business.
 * A variable that is told as `undefined` is left out, ours of the same name too.
 */
export function childEnvironment(
  own: NodeJS.ProcessEnv,
  told: Readonly<Record<string, string | undefined>>,
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...own };
  delete env["ETCDCTL_PASSWORD"];
  // etcdctl takes both in one.
  if (env["ETCDCTL_USER"] !== undefined) env["ETCDCTL_USER"] = env["ETCDCTL_USER"].split(":", 1)[0];
  for (const [name, value] of Object.entries(told)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}
