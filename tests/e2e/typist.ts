import type { Page } from '@playwright/test'

/** Every bare key of the wrap-up is in it, Enter too, and what wakes a key that listens for too little. */
const words = [
  'una nuova cosa',
  '123456',
  'suwefnc',
  'e poi\n',
  'Fine? Sì. ',
  'via Larga 12/b ',
  '\n',
  'ffffss ',
]

/** Hands that do not look at the screen: they type into whatever has the cursor until they are told to stop. */
export function typist(page: Page): { stop(): Promise<string> } {
  let going = true
  let text = ''
  const typing = (async () => {
    for (let at = 0; going; at++) {
      const next = words[at % words.length] ?? ''
      await page.keyboard.type(next, { delay: 30 })
      text += next
    }
  })()
  return {
    async stop() {
      going = false
      await typing
      return text
    },
  }
}
