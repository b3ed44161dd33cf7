/** Whether all cases run, rather than a sample of them. */
export const whole = process.env["FETCD_NTH_REQUEST"] === "all";

/** How long a test of them may take, in milliseconds. */
export const limitMs: number = whole ? 3_600_000 : 600_000;
/** Which sample. */
export const seed = Number(process.env["FETCD_NTH_SEED"] ?? Math.random());
