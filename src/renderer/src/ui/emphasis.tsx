import { Fragment } from 'react'

/** Unicode isolates: they mark a filled-in value, and keep a name in another script from turning the sentence around. */
const [open, shut] = ['\u2068', '\u2069']

/** Marks a value that a sentence is about, before it is filled into the words. */
export const mark = (value: string): string => `${open}${value.replaceAll(/[\u2068\u2069]/g, '')}${shut}`

/** A sentence whose marked values are strong. Data can only ever become text. */
export function Emphasis({ text }: { text: string }) {
  return text.split(open).map((part, index) => {
    const [strong, rest] = part.split(shut)
    return rest === undefined ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence have no other name
      <Fragment key={index}>{part}</Fragment>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence have no other name
      <Fragment key={index}>
        <strong>{strong}</strong>
        {rest}
      </Fragment>
    )
  })
}
