/**
 * Every key of the desk, in one table: what listens, what the buttons show and what the list of keys prints are all made from it.
 * Alt and a letter works while typing; bare keys count only where nothing is typed.
 */
export type Chord = { key: string; ctrl?: true; alt?: true; shift?: true }
export type KeyGroup = 'general' | 'ring' | 'call' | 'consult' | 'sheet' | 'wrapUp'

const chords = {
  commands: { group: 'general', chord: { key: 'k', ctrl: true } },
  keyList: { group: 'general', chord: { key: '/', ctrl: true } },
  nextPane: { group: 'general', chord: { key: 'F6' } },
  goReady: { group: 'general', chord: { key: 't', alt: true } },
  callList: { group: 'general', chord: { key: 'o', alt: true } },
  takeHere: { group: 'general', chord: { key: 'w', alt: true } },
  answer: { group: 'ring', chord: { key: 'Enter', alt: true } },
  reject: { group: 'ring', chord: { key: 'x', alt: true } },
  ignore: { group: 'ring', chord: { key: 'z', alt: true } },
  person: { group: 'ring', chord: { key: '1', alt: true } },
  mute: { group: 'call', chord: { key: 'm', alt: true } },
  hold: { group: 'call', chord: { key: 'a', alt: true } },
  hangUp: { group: 'call', chord: { key: 'f', alt: true } },
  transfer: { group: 'call', chord: { key: 's', alt: true } },
  keypad: { group: 'call', chord: { key: 'k', alt: true } },
  resume1: { group: 'call', chord: { key: '7', alt: true } },
  resume2: { group: 'call', chord: { key: '8', alt: true } },
  swap: { group: 'consult', chord: { key: 'v', alt: true } },
  complete: { group: 'consult', chord: { key: 'c', alt: true } },
  conference: { group: 'consult', chord: { key: 'u', alt: true } },
  cancelConsult: { group: 'consult', chord: { key: 'n', alt: true } },
  callBack: { group: 'call', chord: { key: 'r', alt: true } },
  extend: { group: 'call', chord: { key: 'p', alt: true } },
  identify: { group: 'call', chord: { key: 'i', alt: true } },
  others: { group: 'call', chord: { key: 'y', alt: true } },
  takeProposal: { group: 'call', chord: { key: 'b', alt: true } },
  lineReport: { group: 'call', chord: { key: 'q', alt: true } },
  sheetNote: { group: 'sheet', chord: { key: 'F1' } },
  sheetBooking: { group: 'sheet', chord: { key: 'F2' } },
  sheetRequest: { group: 'sheet', chord: { key: 'F3' } },
  sheetCards: { group: 'sheet', chord: { key: 'F4' } },
  confirm: { group: 'sheet', chord: { key: 'Enter', ctrl: true } },
  keepLonger: { group: 'sheet', chord: { key: 'l', alt: true } },
  moveInstead: { group: 'sheet', chord: { key: 'j', alt: true } },
  unfinished: { group: 'sheet', chord: { key: '9', alt: true } },
  outcome1: { group: 'wrapUp', chord: { key: '1' } },
  outcome2: { group: 'wrapUp', chord: { key: '2' } },
  outcome3: { group: 'wrapUp', chord: { key: '3' } },
  outcome4: { group: 'wrapUp', chord: { key: '4' } },
  outcome5: { group: 'wrapUp', chord: { key: '5' } },
  outcome6: { group: 'wrapUp', chord: { key: '6' } },
  triedOffice: { group: 'wrapUp', chord: { key: 'u' } },
  triedWebsite: { group: 'wrapUp', chord: { key: 's' } },
  triedWebSearch: { group: 'wrapUp', chord: { key: 'r' } },
  triedCall: { group: 'wrapUp', chord: { key: 't' } },
  triedWhatsapp: { group: 'wrapUp', chord: { key: 'w' } },
  triedNewsstand: { group: 'wrapUp', chord: { key: 'e' } },
  triedFascicolo: { group: 'wrapUp', chord: { key: 'f' } },
  triedNothing: { group: 'wrapUp', chord: { key: 'n' } },
  changeTopic: { group: 'wrapUp', chord: { key: 'c' } },
  discard: { group: 'wrapUp', chord: { key: 'g', alt: true } },
  closeReady: { group: 'wrapUp', chord: { key: 'Enter' } },
  closePause: { group: 'wrapUp', chord: { key: 'Enter', shift: true } },
} as const satisfies Record<string, { group: KeyGroup; chord: Chord }>

export type KeyId = keyof typeof chords
export const keys: Record<KeyId, { group: KeyGroup; chord: Chord }> = chords
export const keyIds = Object.keys(chords) as KeyId[]

export type KeyPress = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey'> & {
  /** AltGr, which Windows reports as Ctrl and Alt together. */
  altGraph: boolean
}

/** Windows writes a sign by Alt and its number on the numeric pad: Alt 0192 is À. */
export const isPartOfAltCode = ({ altKey, code }: Pick<KeyPress, 'altKey' | 'code'>): boolean =>
  altKey && /^Numpad[0-9]$/.test(code)

/**
 * Whether a press is the chord. A sign that needs Shift on some keyboards ("/" is Shift 7 in Italy) is taken by the sign it makes;
 * letters and digits with Alt also by the key's place, because Alt changes the letter on some systems.
 */
export function matches(chord: Chord, press: KeyPress): boolean {
  if (press.metaKey || press.altGraph || isPartOfAltCode(press)) return false
  if (press.ctrlKey !== (chord.ctrl ?? false) || press.altKey !== (chord.alt ?? false)) return false
  const key = press.key.toLowerCase()
  if (key === chord.key.toLowerCase()) {
    return chord.key === '/' || press.shiftKey === (chord.shift ?? false)
  }
  if (!chord.alt || press.shiftKey !== (chord.shift ?? false)) return false
  return press.code === `Key${chord.key.toUpperCase()}` || press.code === `Digit${chord.key}`
}

/** A chord without a modifier that would otherwise write something, or press what has the focus. */
export const isBare = (chord: Chord): boolean =>
  !chord.ctrl && !chord.alt && (chord.key.length === 1 || chord.key === 'Enter')

export const isDigit = (chord: Chord): boolean => isBare(chord) && /^[1-9]$/.test(chord.key)

/** For `aria-keyshortcuts` (WAI-ARIA 1.2). */
export const ariaShortcut = ({ key, ctrl, alt, shift }: Chord): string =>
  [ctrl && 'Control', alt && 'Alt', shift && 'Shift', key.length === 1 ? key.toUpperCase() : key]
    .filter(Boolean)
    .join('+')

/** The caps to draw, modifiers first, named by `name` where they have one. */
export const caps = ({ key, ctrl, alt, shift }: Chord): string[] =>
  [ctrl && 'Ctrl', alt && 'Alt', shift && 'Shift', key.length === 1 ? key.toUpperCase() : key].filter(
    (cap): cap is string => typeof cap === 'string',
  )

/** Chords that two keys of one group would share; none may. */
export function clashes(): string[] {
  const seen = new Map<string, KeyId>()
  const found: string[] = []
  for (const id of keyIds) {
    const { group, chord } = keys[id]
    // Wrap-up and ringing exclude each other; all others can be live together.
    const sign = `${group === 'wrapUp' ? group : ''}:${ariaShortcut(chord)}`
    const other = seen.get(sign)
    if (other) found.push(`${other} = ${id}`)
    seen.set(sign, id)
  }
  return found
}
