import { type AttachmentType, withOwnEnding } from '#contract/domain/ticket-entry.ts'

const signatures: [AttachmentType, (bytes: Buffer) => boolean][] = [
  ['application/pdf', (bytes) => startsWith(bytes, '%PDF-')],
  ['image/jpeg', (bytes) => bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))],
  ['image/png', (bytes) => startsWith(bytes, '\x89PNG\r\n\x1a\n')],
  ['image/webp', (bytes) => startsWith(bytes, 'RIFF') && startsWith(bytes.subarray(8), 'WEBP')],
  ['text/plain', isText],
]

const startsWith = (bytes: Buffer, text: string): boolean =>
  bytes.subarray(0, text.length).equals(Buffer.from(text, 'latin1'))

/** What a file is by its content, of the kinds that a request may carry; null for any other. What its name or sender says is not asked. */
export const typeOfContent = (bytes: Buffer): AttachmentType | null =>
  signatures.find(([, fits]) => fits(bytes))?.[0] ?? null

/** UTF-8 without control characters, but for the ends of lines and tabs. */
function isText(bytes: Buffer): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return !/[^\P{Cc}\t\n\r]/u.test(text)
  } catch {
    return false
  }
}

/** A file's name as it may be shown and saved: no folders, no characters that nobody sees or that turn the text around, and the ending of what it is. */
export function plainName(name: string, type: AttachmentType): string {
  const last = name.split(/[\\/]/).at(-1) ?? ''
  return withOwnEnding(last.replaceAll(/[\p{Cc}\p{Cf}<>:"|?*]/gu, '').trim(), type)
}
