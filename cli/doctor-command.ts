import type { Command } from "commander";
import type { Etcd } from "fetcd";
import type { TlsFetch } from "./connected.ts";
import { act } from "./run-action.ts";
import { diagnose, type Examined } from "./doctor.ts";
import { statusOfAll } from "./endpoint-status.ts";

/** `doctor`: checks a cluster as this client sees it, and fails if it finds a fault. */
export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("check a cluster: members, leader, space, alarms, and who can write to it")
    .action((_: object, command: Command) =>
      act(command, async ({ etcd, fetch, out, signal }) => {
        const findings = diagnose(await examine(etcd, fetch, signal));
        const marks = { ok: "ok     ", warning: "warning", fault: "FAULT  " } as const;
        for (const finding of findings) await out.say(`${marks[finding.level]} ${finding.text}`, finding);
        if (findings.some(({ level }) => level === "fault")) process.exitCode = 1;
      }),
    );
}

async function examine(etcd: Etcd, fetch: TlsFetch, signal: AbortSignal): Promise<Examined> {
  const statuses = await statusOfAll(etcd, signal);
  const endpoints = await Promise.all(
    statuses.map(async (each) => {
      const health = await unlessRefused(() => etcd.maintenance.health(each.endpoint, { signal }));
      return { ...each, ...(health && { health }) };
    }),
  );
  const answering = statuses.find(({ status }) => status !== undefined)?.endpoint;
  if (answering === undefined) return { endpoints, tls: false };
  const [members, alarms, auth, anyOrigin] = await Promise.all([
    unlessRefused(() => etcd.cluster.members({ signal })),
    unlessRefused(() => etcd.maintenance.alarms(undefined, undefined, { signal })),
    unlessRefused(() => etcd.auth.status({ signal })),
    unlessRefused(() => allowsAnyOrigin(answering, fetch, AbortSignal.any([signal, AbortSignal.timeout(originMs)]))),
  ]);
  return {
    endpoints,
    tls: answering.startsWith("https:"),
    ...(members && { members }),
    ...(alarms && { alarms }),
    ...(auth && { auth }),
    ...(anyOrigin !== undefined && { anyOrigin }),
  };
}

/** Resolves with `undefined` if the request fails: this user may not send it, or this etcd does not support it. */
async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch {
    return undefined;
  }
}

/** How long an endpoint may take to answer the request with a foreign `Origin`, in milliseconds. */
const originMs = 5_000;

async function allowsAnyOrigin(endpoint: string, fetch: TlsFetch, signal: AbortSignal): Promise<boolean> {
  const headers = { origin: "https://anywhere.example" };
  const answer = await fetch(`${endpoint}/version`, { headers, redirect: "manual", signal });
  await answer.body?.cancel();
  return answer.headers.get("access-control-allow-origin") === "*";
}
