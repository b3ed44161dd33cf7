/** What options of the library are called on the command line, where that is another word. */
const names: ReadonlyMap<string, string> = new Map([
  ["auth", "--user"],
  ["connectTimeoutMs", "--dial-timeout"],
  ["hostname", "--host"],
  ["idleMs", "--keepalive-time and --keepalive-timeout"],
  ["limit", "--limit"],
  ["namespace", "--namespace"],
  ["peerUrls", "--peer-urls"],
  ["quotaBytes", "--quota-bytes"],
  ["timeoutMs", "--command-timeout"],
]);

/** The library's refusal of an option, by the name that the option has on the command line. */
export function withFlagName(message: string): string {
  const [name = ""] = message.split(": ", 1);
  return (names.get(name) ?? name) + message.slice(name.length);
}
