/** Whether all cases run, rather than a sample of them. */
export const whole = process.env["FETCD_NTH_REQUEST"] === "all";
/** Which sample. */
export const seed = Number(process.env["FETCD_NTH_SEED"] ?? Math.random());
