/** Asks again every few milliseconds until there is an answer; rejects with `what` and the last error after `ms`. */
export async function poll<T>(what: string, ms: number, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) throw new Error(`Not within ${ms} ms: ${what}`, { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
