import { expect, it } from 'vitest'
import { nameOf, numberIn, targetsIn } from './target.ts'

const teams = [
  { id: 'taxes', name: { it: 'Tributi', en: 'Local taxes' }, address: 'team-taxes' },
  { id: 'mobility', name: { it: 'Mobilità', en: 'Mobility' }, address: 'team-mobility' },
]

it.each([
  ['', 'words'],
  ['trib', 'words'],
  ['0', 'invalid'],
  ['112', 'number'],
  ['2002', 'number'],
  ['*43', 'number'],
  ['02 5551 0143', 'number'],
  ['+39 347 123 4567', 'number'],
  ['1234567890123456', 'invalid'],
  ['+39 0', 'invalid'],
])('%j is %s', (text, kind) => {
  expect(numberIn(text).kind).toBe(kind)
})

it('finds teams by a part of their name, without accents, in either language', () => {
  expect(targetsIn('mobilita', teams, 'it').map(({ to }) => to)).toEqual(['team-mobility'])
  expect(targetsIn('taxes', teams, 'it').map(({ name }) => name)).toEqual(['Tributi'])
  expect(targetsIn('', teams, 'it')).toHaveLength(2)
  expect(targetsIn('xyz', teams, 'it')).toEqual([])
})

it('offers a number that can be dialled, and nothing for one that cannot', () => {
  expect(targetsIn('02 5551 0143', teams, 'it')).toMatchObject([{ to: '+390255510143', number: true }])
  expect(targetsIn('1234567890123456', teams, 'it')).toEqual([])
})

it('calls a team by its name and a number by its writing', () => {
  expect(nameOf('team-taxes', teams, 'en')).toBe('Local taxes')
  expect(nameOf('+390255510143', teams, 'it')).toBe('02 5551 0143')
})
