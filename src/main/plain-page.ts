import type { ErrorCode } from '#contract/errors.ts'

export type Words = { it: string; en: string }

export const words = {
  notOpened: {
    it: 'Questa finestra non è stata aperta da Ascolto. Aprilo con npm start.',
    en: 'This window was not opened by Ascolto. Open it with npm start.',
  },
  refused: {
    it: 'Richiesta rifiutata: non viene dalla finestra di Ascolto.',
    en: 'Refused: this request does not come from the window of Ascolto.',
  },
  notFound: { it: 'Qui non c’è nulla.', en: 'There is nothing here.' },
  failed: { it: 'Qualcosa non ha funzionato. Riprova.', en: 'Something went wrong. Try again.' },
  signedIn: { it: 'Accesso riuscito.', en: 'You are signed in.' },
  signedInElsewhere: {
    it: 'Accesso riuscito. Puoi chiudere questa scheda e tornare ad Ascolto.',
    en: 'You are signed in. You can close this tab and go back to Ascolto.',
  },
  signInFailed: {
    it: 'Accesso non riuscito. Torna al desk e riprova.',
    en: 'Sign-in failed. Go back to the desk and try again.',
  },
  crmAway: {
    it: 'Il CRM non risponde: l’accesso non si può completare ora.',
    en: 'The CRM does not answer: the sign-in cannot be completed now.',
  },
} satisfies Record<string, Words>

export function wordsOf(code: ErrorCode): Words {
  return code === 'crm-away' ? words.crmAway : words.signInFailed
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** A page of a sentence in both languages, that needs neither script nor style. `toDesk`: a link to the desk, `at once`: goes there by itself. */
export function page(says: Words, toDesk: 'no' | 'link' | 'at once'): string {
  const refresh = toDesk === 'at once' ? '<meta http-equiv="refresh" content="0;url=/">' : ''
  const link = toDesk === 'no' ? '' : '<p><a href="/">Ascolto</a></p>'
  return `<!doctype html><html lang="it"><head><meta charset="utf-8"><title>Ascolto</title>${refresh}</head><body><p>${escaped(says.it)}</p><p lang="en">${escaped(says.en)}</p>${link}</body></html>`
}
