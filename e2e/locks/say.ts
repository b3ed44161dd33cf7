import type { Hold } from "../../src/index.ts";

// What the programs under test have in common: each prints a line of JSON for whatever happens.

export function say(event: object): void {
  process.stdout.write(`${JSON.stringify({ ...event, pid: process.pid, at: Date.now() })}\n`);
}

/** A hold of 3 seconds, renewed a moment before a program stood still for so long, is over for its holder. */
const overMs = 2600;
let heartbeatTimer = Date.now();
let standstills = 0;
const gaps: { readonly at: number; readonly ms: number }[] = [];

function look(): void {
  const at = Date.now();
  const ms = at - heartbeatTimer;
  if (ms > overMs) standstills++;
  gaps.push({ at, ms });
  if (gaps.length > 100) gaps.shift();
  heartbeatTimer = at;
}
setInterval(look, 50);

/** The longest time that this program did not run in the last two seconds, in milliseconds. */
function longestGap(): number {
  look();
  return Math.max(...gaps.filter(({ at }) => at > heartbeatTimer - 2000).map(({ ms }) => ms));
}

/**
 * Says that a hold has begun, and when its holder is told of its end. What it returns is to be called when a call of the
 * library has returned: a process that was stopped meanwhile, for longer than the hold lasts, has to have been told.
 */
export function noteHold(name: string, hold: Hold): () => void {
  const about = { name, token: String(hold.token), key: hold.key };
  const { signal } = hold;
  const before = standstills;
  let told = false;
  let said = false;
  function onEnd(): void {
    told = true;
    say({ type: "ended", ...about, reason: signal.reason.reason, gap: longestGap() });
  }
  say({ type: "held", ...about });
  if (signal.aborted) onEnd();
  else signal.addEventListener("abort", onEnd);
  return () => {
    look();
    if (standstills === before || said) return;
    said = true;
    say({ type: told ? "told" : "untold", ...about });
  };
}
