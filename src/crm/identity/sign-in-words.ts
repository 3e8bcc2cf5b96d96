export const languages = ['it', 'en'] as const
export type PageLanguage = (typeof languages)[number]

const seconds = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`

export const signInWords = {
  it: {
    title: 'Accedi ad Ascolto',
    lead: 'Il banco di chi risponde ai cittadini.',
    login: 'Nome utente',
    password: 'Password',
    submit: 'Accedi',
    language: 'Lingua',
    wrong: 'Nome utente o password non corretti.',
    retry: (wait: number) => `Riprova fra ${seconds(wait, 'secondo', 'secondi')}.`,
    tooMany: 'Troppi tentativi.',
    practiceTitle: 'Linea di esercitazione',
    practiceLead: 'Dati inventati, per imparare. Scegli con chi entrare; la password di tutti è',
    roles: {
      operator: 'operatrice o operatore',
      specialist: 'specialista',
      supervisor: 'supervisione',
      administrator: 'amministrazione',
    } as Record<string, string>,
    expiredTitle: 'Questa pagina di accesso è scaduta',
    expired: 'Torna ad Ascolto e accedi di nuovo: qui non serve altro.',
    busyTitle: 'Adesso non si può accedere',
    busy: 'Il servizio non risponde o riceve troppe richieste. Aspetta un minuto e ricarica la pagina.',
    refusedTitle: 'Accesso non possibile',
    refused:
      'La richiesta non è valida. Torna ad Ascolto e accedi di nuovo; se succede ancora, dillo a chi gestisce il sistema.',
  },
  en: {
    title: 'Sign in to Ascolto',
    lead: 'The desk of those who answer citizens.',
    login: 'User name',
    password: 'Password',
    submit: 'Sign in',
    language: 'Language',
    wrong: 'User name or password not correct.',
    retry: (wait: number) => `Try again in ${seconds(wait, 'second', 'seconds')}.`,
    tooMany: 'Too many attempts.',
    practiceTitle: 'Practice line',
    practiceLead: 'Invented data, to learn with. Choose who to be; everybody’s password is',
    roles: {
      operator: 'operator',
      specialist: 'specialist',
      supervisor: 'supervisor',
      administrator: 'administrator',
    } as Record<string, string>,
    expiredTitle: 'This sign-in page has expired',
    expired: 'Go back to Ascolto and sign in again: there is nothing else to do here.',
    busyTitle: 'Signing in does not work now',
    busy: 'The service does not answer, or gets too many requests. Wait a minute and reload the page.',
    refusedTitle: 'Sign-in is not possible',
    refused:
      'The request is not valid. Go back to Ascolto and sign in again; if it happens again, tell those who run the system.',
  },
} as const

/** The first of the languages asked for (RFC 5646 tags, or an `accept-language` value) that the page has; Italian else. */
export function pageLanguage(...asked: (string | undefined)[]): PageLanguage {
  for (const list of asked) {
    const ranges = (list ?? '')
      .split(/[\s,]+/)
      .map((range) => {
        const [tag = '', ...parameters] = range.split(';')
        const quality = parameters.find((parameter) => parameter.startsWith('q='))
        return { tag: tag.toLowerCase(), weight: quality ? Number(quality.slice(2)) || 0 : 1 }
      })
      .sort((a, b) => b.weight - a.weight)
    for (const { tag, weight } of ranges) {
      const language = languages.find((known) => tag === known || tag.startsWith(`${known}-`))
      if (language && weight > 0) return language
    }
  }
  return 'it'
}
