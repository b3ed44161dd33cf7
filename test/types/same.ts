/** Compiles to `true` only for two types that are the same one, `any` being the same as nothing else. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `is<Same<A, B>>()` does not compile unless the two are the same. */
export function is<_ extends true>(): void {}

/** What a promise or an async iterable yields. */
export type Yields<T> = T extends AsyncIterable<infer U> ? U : Awaited<T>;
