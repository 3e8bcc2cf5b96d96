import { expect, test } from 'vitest'
import type { Account } from '#contract/domain/account.ts'
import {
  beginAdding,
  beginChanging,
  editAdded,
  editChanged,
  endChanging,
  follow,
  useAccounts,
} from './state.ts'

const account = (id: string): Account => ({
  ...{ id, version: 1, name: id, login: id, deactivatedAt: null },
  ...{ roles: ['operator'], teams: ['first-level'], extension: null },
})

test('what is typed of one account stays while another is added or changed, until it is left', () => {
  const { changed, added } = useAccounts.getState()
  expect([[...changed], added]).toEqual([[], null])
  beginAdding()
  editAdded({ givenName: 'Nora' })
  beginChanging(account('paolo'))
  editChanged('paolo', { extension: '2091' })
  beginChanging(account('elena'))
  editChanged('elena', { roles: ['specialist'] })
  beginAdding()
  follow(1, { ...account('elena'), version: 2 })
  follow(1, { ...account('elena'), version: 3 })
  const rights = { roles: ['operator'], teams: ['first-level'], extension: '' }
  const paolo = { version: 1, draft: { ...rights, extension: '2091' } }
  expect(useAccounts.getState()).toMatchObject({
    added: { givenName: 'Nora' },
    changed: new Map([
      ['paolo', paolo],
      ['elena', { version: 2, draft: { ...rights, roles: ['specialist'] } }],
    ]),
  })
  endChanging('elena')
  expect(useAccounts.getState()).toMatchObject({
    added: { givenName: 'Nora' },
    changed: new Map([['paolo', paolo]]),
  })
})
