import { beforeEach, expect, test } from 'vitest'
import { forgetSession } from '../../host/session-store.ts'
import { beginClosing, hasClosed, useOffices } from './state.ts'

beforeEach(forgetSession)

/** The CRM is asked to close this office, from the form in sight. */
function asksToClose(officeId: string) {
  useOffices.setState({ officeId, closureId: null })
  beginClosing(officeId)
  const id = useOffices.getState().closings[officeId]?.id ?? ''
  useOffices.setState({ going: id })
  return { id, officeId }
}

test('a closure that is made takes the place of its form', () => {
  const larga = asksToClose('larga')
  hasClosed(larga)
  expect(useOffices.getState()).toMatchObject({
    ...{ closureId: larga.id, isClosing: false, closings: {}, going: null },
  })
})

test('a closure that is made leaves the form of another office in sight, and what it asks for going', () => {
  const larga = asksToClose('larga')
  const sile = asksToClose('sile')
  hasClosed(larga)
  const { closings, ...seen } = useOffices.getState()
  expect(seen).toMatchObject({ officeId: 'sile', closureId: null, isClosing: true, going: sile.id })
  expect(Object.keys(closings)).toEqual(['sile'])
})

test('a closure that is made while no form is in sight turns no page', () => {
  const larga = asksToClose('larga')
  useOffices.setState({ isClosing: false, closureId: 'an-earlier-one' })
  hasClosed(larga)
  expect(useOffices.getState()).toMatchObject({ closureId: 'an-earlier-one', going: null, closings: {} })
})
