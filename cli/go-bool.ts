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

/** A yes or no as Go reads it; `undefined` for anything else. */
export function goBool(text: string): boolean | undefined {
  return Object.hasOwn(words, text) ? words[text] : undefined;
}

/** The variable as a yes or no; `undefined` where it is not set. Throws an `Error` for anything else. */
export function boolVariable(name: string, env: NodeJS.ProcessEnv = process.env): boolean | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  const value = goBool(text);
  if (value === undefined) throw new Error(`${name}: expected true or false, got ${JSON.stringify(text)}`);
  return value;
}
