interface Manifest {
  readonly type?: string;
  readonly sideEffects?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

// What npm runs for someone who installs the package, from the registry or from git.
const installScripts = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
const caretRange = /^\^\d+\.\d+\.\d+$/;
const exactVersion = /^\d+\.\d+\.\d+(-[\w.]+)?$|^npm:[^@]+@\d+\.\d+\.\d+$/;

/** One sentence for each thing a package.json must not have. */
export function manifestFaults(manifest: Manifest): string[] {
  const faults: string[] = [];
  if (manifest.type !== "module") faults.push("is not ESM");
  if (manifest.sideEffects !== false) faults.push("does not say that it has no side effects");
  for (const name of installScripts) {
    if (Object.hasOwn(manifest.scripts ?? {}, name)) faults.push(`runs ${name} when it is installed`);
  }
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  for (const [name, version] of Object.entries({ ...devDependencies, ...optionalDependencies })) {
    if (!exactVersion.test(version)) faults.push(`does not pin ${name}: ${version}`);
  }
  // A user gets fixes of what both of us use, and one copy of it.
  for (const [name, version] of Object.entries(dependencies ?? {})) {
    if (!caretRange.test(version)) faults.push(`does not leave ${name} to its users: ${version}`);
  }
  return faults;
}

/** One sentence for each entry of a package-lock.json that names a registry or lacks a checksum. */
export function lockFaults(lock: unknown): string[] {
  const packages = field(lock, "packages");
  if (typeof packages !== "object" || packages === null) return ["is not a lock file"];
  return Object.entries(packages).flatMap(([path, entry]: [string, unknown]) => {
    if (path === "") return [];
    const resolved = field(entry, "resolved");
    if (resolved !== undefined) return [`${path} is resolved to ${JSON.stringify(resolved)}`];
    // What comes inside another package's archive is covered by that one's checksum.
    const covered = field(entry, "integrity") !== undefined || field(entry, "inBundle") === true;
    return covered ? [] : [`${path} has no checksum`];
  });
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
