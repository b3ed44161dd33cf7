/** What is wrong with a flag that is stored, and where in it. */
export class FlagFault extends TypeError {}

/** Where in a flag something stands. It is spelt out only for a fault: parsing stays linear in the flag's size. */
export interface FlagPath {
  readonly parent: FlagPath | undefined;
  readonly name: string | number;
}

/** The longest name, and the most steps of a path, that a message repeats. */
const longestName = 60;
const longestPath = 8;

export function at(name: string | number, parent?: FlagPath): FlagPath {
  return { parent, name };
}

export function fault(path: FlagPath, what: string): FlagFault {
  return new FlagFault(`${pathOf(path)}: ${what}`);
}

/** A name in quotes, cut where it is too long for a message. */
export function quotedName(name: string): string {
  return JSON.stringify(name.length > longestName ? `${name.slice(0, longestName)}…` : name);
}

function pathOf(path: FlagPath): string {
  const steps: string[] = [];
  for (let step: FlagPath | undefined = path; step !== undefined; step = step.parent) {
    const name = String(step.name);
    steps.push(name.length > longestName ? `${name.slice(0, longestName)}…` : name);
  }
  steps.reverse();
  return steps.length > longestPath ? `${steps.slice(0, longestPath).join(".")}…` : steps.join(".");
}
