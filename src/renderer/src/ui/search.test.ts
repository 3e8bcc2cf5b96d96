import { expect, it } from 'vitest'
import { searchIn } from './search.ts'

const things = [
  { title: 'Cambio di residenza', rest: 'anagrafe trasferimento indirizzo' },
  { title: 'Carta d’identità elettronica', rest: 'cie documento residenza' },
]
const find = (question: string) =>
  searchIn(things, question, ({ title, rest }) => [title, rest]).map(({ title }) => title)

it('finds words by their beginning, without accents, in any order', () => {
  expect(find('identita cart')).toEqual(['Carta d’identità elettronica'])
  expect(find('CIE')).toEqual(['Carta d’identità elettronica'])
  expect(find('dentita')).toEqual([])
})

it('puts what the title says before what is only mentioned', () => {
  expect(find('residenza')).toEqual(['Cambio di residenza', 'Carta d’identità elettronica'])
  expect(find('')).toHaveLength(2)
})
