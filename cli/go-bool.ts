const words: Readonly<Record<string, boolean>> = {
  1: true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  0: false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

/** Parses a boolean as Go does; `undefined` for anything else. */
export function goBool(text: string): boolean | undefined {
  return Object.hasOwn(words, text) ? words[text] : undefined;
}

/** Reads a variable as a boolean; `undefined` if it is not set. Throws an `Error` for any other value. */
export function boolVariable(name: string, env: NodeJS.ProcessEnv = process.env): boolean | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  const value = goBool(text);
  if (value === undefined) throw new Error(`${name}: expected true or false, got ${JSON.stringify(text)}`);
  return value;
}
