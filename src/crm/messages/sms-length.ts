/** GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1); a sign of the extension takes two septets. */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const extension = new Set('\f^{}\\[~]|€')

export type SmsLength = { encoding: 'gsm-7' | 'ucs-2'; units: number; parts: number }

/** How many messages a text takes: 160 septets or 70 16-bit units in one, 153 or 67 in each of several (3GPP TS 23.040, 9.2.3.24.1). */
export function smsLength(text: string): SmsLength {
  const signs = Array.from(text)
  if (signs.every((sign) => basic.has(sign) || extension.has(sign))) {
    const sizes = signs.map((sign) => (extension.has(sign) ? 2 : 1))
    return { encoding: 'gsm-7', units: sum(sizes), parts: parts(sizes, 160, 153) }
  }
  const sizes = signs.map((sign) => sign.length)
  return { encoding: 'ucs-2', units: sum(sizes), parts: parts(sizes, 70, 67) }
}

const sum = (sizes: number[]): number => sizes.reduce((total, size) => total + size, 0)

/** A sign of two units is never split between two parts. */
function parts(sizes: number[], single: number, each: number): number {
  if (sum(sizes) <= single) return 1
  let count = 1
  let used = 0
  for (const size of sizes) {
    if (used + size > each) {
      count += 1
      used = 0
    }
    used += size
  }
  return count
}

const plain: Record<string, string> = {
  ...{ '’': "'", '‘': "'", '“': '"', '”': '"', '«': '"', '»': '"', '–': '-', '—': '-', '…': '...', '·': '-' },
  ...{ '\u00a0': ' ', '\u202f': ' ', '\t': ' ' },
}

/** The same text in signs of the GSM alphabet where there are near ones: one typographic apostrophe would halve the room. */
export const toGsm = (text: string): string =>
  Array.from(text.normalize('NFC'))
    .map((sign) => {
      if (basic.has(sign) || extension.has(sign)) return sign
      const near = plain[sign] ?? sign.normalize('NFD').replace(/\p{M}/gu, '')
      return smsLength(near).encoding === 'gsm-7' ? near : sign
    })
    .join('')
