import { afterEach, expect, test } from 'vitest'
import { commandNames } from '#contract/commands/registry.ts'
import { crmContract } from '#contract/crm.ts'
import { startI18n } from './i18n.ts'
import { en, it } from './resources.ts'

afterEach(() => startI18n('it'))

/** What the contract lets be read, or does without leaving a record. */
const unaudited =
  /^(citizens\.|sync\.|phone\.|tickets\.(byProtocol|present|leave)$|appointments\.(byCode|\w*[hH]old|\w*[lL]ease)$)/

function changing(part: object, path: readonly string[] = []): string[] {
  if (!('~orpc' in part)) return Object.entries(part).flatMap(([key, one]) => changing(one, [...path, key]))
  const { route } = part['~orpc'] as { route: { method?: string } }
  const name = path.join('.')
  return route.method === 'GET' || unaudited.test(name) ? [] : [name]
}

test.each(['it', 'en'] as const)(
  'every command and every operation that the audit may name has words: %s',
  (language) => {
    const { t } = startI18n(language)
    const { done } = { it, en }[language].work.oversight.acts
    const operations = changing(crmContract)
    expect(operations).toContain('agenda.closeDay')
    for (const name of [...commandNames, ...operations]) {
      const words = t(`work.oversight.acts.done.${name as keyof typeof done}`)
      expect(words, name).not.toContain('work.oversight')
      expect(words, name).not.toMatch(/^[a-z-]+\.[a-z-]+$/i)
    }
  },
)
