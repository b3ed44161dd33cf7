import { OrderedMap } from "@js-sdsl/ordered-map";

/** A task that waits for its time. */
export interface Timer {
  cancel(): void;
}

/**
 * The server's time, and the tasks that wait for theirs. None of them keeps a program alive: while an open stream or a
 * waiting call could notice (`watch`), tasks run when they are due, and otherwise before the next request.
 */
export interface Clock {
  /** Milliseconds since the server was made. */
  now(): number;
  /** Runs `task` once, `ms` from now. */
  schedule(ms: number, task: () => void): Timer;
  /** Runs everything that is due. Called before each request, so that it sees the state of its time. */
  catchUp(): void;
  /** Moves time on, and runs what becomes due on the way, each at its own time. */
  advance(ms: number): void;
  /** Runs tasks when they are due from now until the returned function is called. */
  watch(): () => void;
  /** Forgets all tasks. */
  close(): void;
}

type Due = readonly [at: number, order: number];

const maxTimeout = 2 ** 31 - 1;

/** `virtual`: time stands still but for `advance`. `real`: time passes, and `advance` jumps on top of it. */
export function createClock(kind: "real" | "virtual"): Clock {
  const tasks = new OrderedMap<Due, () => void>([], (a, b) => a[0] - b[0] || a[1] - b[1]);
  const started = performance.now();
  let moved = 0;
  /** While a task runs, the time that it was due at, so that the tasks it adds count from there. */
  let running: number | undefined;
  let order = 0;
  let watchers = 0;
  let wake: ReturnType<typeof setTimeout> | undefined;

  const time = (): number => moved + (kind === "real" ? performance.now() - started : 0);
  const now = (): number => running ?? time();

  function catchUp(): void {
    if (running !== undefined) return;
    try {
      for (let next = tasks.front(); next !== undefined && next[0][0] <= time(); next = tasks.front()) {
        const [due, task] = next;
        tasks.eraseElementByKey(due);
        running = due[0];
        task();
      }
    } finally {
      running = undefined;
    }
  }

  function arm(): void {
    clearTimeout(wake);
    const next = tasks.front();
    if (watchers === 0 || kind === "virtual" || next === undefined) return;
    const ms = Math.min(maxTimeout, Math.max(0, Math.ceil(next[0][0] - time())));
    wake = setTimeout(() => {
      catchUp();
      arm();
    }, ms);
  }

  return {
    now,
    schedule(ms, task) {
      const due: Due = [now() + ms, order++];
      tasks.setElement(due, task);
      if (tasks.front()?.[0] === due) arm();
      return { cancel: () => void tasks.eraseElementByKey(due) };
    },
    catchUp,
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError("advance: expected milliseconds, 0 or more");
      moved += ms;
      catchUp();
      arm();
    },
    watch() {
      let watching = true;
      watchers++;
      if (watchers === 1) arm();
      return () => {
        if (!watching) return;
        watching = false;
        watchers--;
        if (watchers === 0) clearTimeout(wake);
      };
    },
    close() {
      tasks.clear();
      clearTimeout(wake);
    },
  };
}
