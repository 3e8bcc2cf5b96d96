import { z } from 'zod'
import type { Language } from './citizen.ts'

/** A code that is read out: each sign with the word that stands for it. Digits and the dash need none. */
export type SpelledSign = { sign: string; word: string | null }

/** Cities, as Italians spell on the phone; the letters that no city begins with have the words in use for them. */
const italian: Record<string, string> = {
  ...{ A: 'Ancona', B: 'Bologna', C: 'Como', D: 'Domodossola', E: 'Empoli', F: 'Firenze', G: 'Genova' },
  ...{ H: 'Hotel', I: 'Imola', J: 'Jolly', K: 'Kappa', L: 'Livorno', M: 'Milano', N: 'Napoli' },
  ...{ O: 'Otranto', P: 'Padova', Q: 'Quarto', R: 'Roma', S: 'Savona', T: 'Torino', U: 'Udine' },
  ...{ V: 'Venezia', W: 'Washington', X: 'Xilofono', Y: 'York', Z: 'Zara' },
}

/** The spelling alphabet of the ITU Radio Regulations (appendix 14), which ICAO and NATO use too. */
const international: Record<string, string> = {
  ...{ A: 'Alfa', B: 'Bravo', C: 'Charlie', D: 'Delta', E: 'Echo', F: 'Foxtrot', G: 'Golf' },
  ...{ H: 'Hotel', I: 'India', J: 'Juliett', K: 'Kilo', L: 'Lima', M: 'Mike', N: 'November' },
  ...{ O: 'Oscar', P: 'Papa', Q: 'Quebec', R: 'Romeo', S: 'Sierra', T: 'Tango', U: 'Uniform' },
  ...{ V: 'Victor', W: 'Whiskey', X: 'X-ray', Y: 'Yankee', Z: 'Zulu' },
}

/** Languages in which a code is spelled out. */
export const SpellingLanguage = z.enum(['it', 'en', 'fr', 'es'])
export type SpellingLanguage = z.infer<typeof SpellingLanguage>

const ways: Record<SpellingLanguage, { alphabet: Record<string, string>; as: string }> = {
  it: { alphabet: italian, as: 'come' },
  en: { alphabet: international, as: 'as in' },
  fr: { alphabet: international, as: 'comme' },
  es: { alphabet: international, as: 'como' },
}
/** Readers of all others spell as the international alphabet does. */
export const spellingLanguage = (language: Language): SpellingLanguage =>
  language in ways ? (language as SpellingLanguage) : 'en'

/** `K7-4MQ` sign by sign, without the dash, which nobody says. */
export const spellOut = (code: string, language: SpellingLanguage): SpelledSign[] =>
  Array.from(code.toUpperCase())
    .filter((sign) => /[A-Z0-9]/.test(sign))
    .map((sign) => ({ sign, word: ways[language].alphabet[sign] ?? null }))

/** `K come Kappa, 7, 4, M come Milano, Q come Quarto`. */
export const spokenCode = (code: string, language: SpellingLanguage): string =>
  spellOut(code, language)
    .map(({ sign, word }) => (word === null ? sign : `${sign} ${ways[language].as} ${word}`))
    .join(', ')
