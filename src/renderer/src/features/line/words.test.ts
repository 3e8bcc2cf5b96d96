import { expect, it } from 'vitest'
import { isBad, lineWord } from './words.ts'

const fine = { blame: null, findings: [] }

it('says the trouble where there is one, else how good the line is', () => {
  expect(lineWord({ r: 90, verdict: fine })).toEqual({ key: 'work.line.quality.good', bad: false })
  expect(lineWord({ r: 65, verdict: fine })).toEqual({ key: 'work.line.quality.poor', bad: true })
  expect(lineWord({ r: 90, verdict: { blame: 'microphone', findings: [] } })).toEqual({
    key: 'work.line.now.microphone',
    bad: true,
  })
  expect(lineWord({ r: null, verdict: fine })).toBeNull()
})

it('offers a report for what somebody heard', () => {
  expect(isBad({ r: 93, verdict: fine })).toBe(false)
  expect(isBad({ r: 69, verdict: fine })).toBe(true)
  expect(isBad({ r: 93, verdict: { blame: 'network', findings: [] } })).toBe(true)
  expect(isBad({ r: null, verdict: fine })).toBe(false)
})
