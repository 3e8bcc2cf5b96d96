/** The same keys, other words: a missing or superfluous one does not type-check. */
export type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }
