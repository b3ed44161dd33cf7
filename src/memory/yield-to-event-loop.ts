/** Calls that may follow each other before timers, input and other work get their turn. */
const most = 64;

/**
 * Answers from memory take no turn of the event loop: a program that makes one call after another would starve timers and
 * input, which it could not over a network. Resolves at once, but after so many calls only when a timer has run.
 */
export function createYield(): () => Promise<void> | undefined {
  let calls = 0;
  let turn: Promise<void> | undefined;
  return () => {
    turn ??= new Promise((resolve) => {
      setTimeout(() => {
        calls = 0;
        turn = undefined;
        resolve();
      }, 0);
    });
    return ++calls > most ? turn : undefined;
  };
}
