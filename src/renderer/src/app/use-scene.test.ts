import { beforeEach, expect, it } from 'vitest'
import { comeBack, giveWay, showPage, useView } from './use-scene.ts'

beforeEach(() => useView.setState(useView.getInitialState(), true))
const shown = () => useView.getState().page
const kept = () => useView.getState().behind.map(({ page }) => page)

it('brings a page back when whoever rang has given up, and after an answered call when nothing of it is left', () => {
  showPage('oversight')
  giveWay('ring')
  expect(shown()).toBeNull()
  comeBack(false)
  expect([shown(), kept()]).toEqual(['oversight', []])
  giveWay('ring')
  giveWay('call')
  comeBack(false)
  expect(shown()).toBeNull()
  comeBack(true)
  expect(shown()).toBe('oversight')
})

it('keeps a page that gave way until it is shown again, whatever else is opened meanwhile', () => {
  showPage('oversight')
  giveWay('ring')
  giveWay('call')
  showPage('tickets')
  comeBack(true)
  expect([shown(), kept()]).toEqual(['tickets', ['oversight']])
  giveWay('ring')
  expect(kept()).toEqual(['oversight', 'tickets'])
  comeBack(true)
  expect([shown(), kept()]).toEqual(['tickets', ['oversight']])
  showPage(null)
  comeBack(true)
  expect([shown(), kept()]).toEqual(['oversight', []])
})

it('does not bring back a page that was opened and closed by hand meanwhile', () => {
  showPage('oversight')
  giveWay('ring')
  giveWay('call')
  showPage('oversight')
  showPage(null)
  comeBack(true)
  expect([shown(), kept()]).toEqual([null, []])
})
