/** Type numbers of pg_type.h. */
const int8 = 20
const date = 1082
const timestamptz = 1184

/** So that both engines hand out the same values: see `schema.ts`. */
export const parsers: Record<number, (text: string) => unknown> = {
  [int8]: Number,
  [date]: (text) => text,
  [timestamptz]: (text) => new Date(text).toISOString(),
}
