import { isPartOfAltCode } from '../../ui/keys.ts'

type Press = Pick<KeyboardEvent, 'key' | 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'target'>

const isField = (target: EventTarget | null): boolean =>
  typeof HTMLElement !== 'undefined' &&
  target instanceof HTMLElement &&
  (target.isContentEditable || target.closest('input, textarea, select, [role="dialog"]') !== null)

/** The digit 1 to 9 that chooses a person: alone where nothing is typed, with Alt everywhere. */
export function digitOf(press: Press): number | null {
  if (press.ctrlKey || press.metaKey || press.shiftKey || isPartOfAltCode(press)) return null
  if (!press.altKey && isField(press.target)) return null
  const digit = /^[1-9]$/.test(press.key)
    ? Number(press.key)
    : press.altKey
      ? Number(/^Digit([1-9])$/.exec(press.code)?.[1] ?? Number.NaN)
      : Number.NaN
  return Number.isNaN(digit) ? null : digit
}
