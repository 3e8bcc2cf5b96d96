import { describe, expect, test } from 'vitest'
import type { DesiredState, EngineState } from '#contract/domain/agent.ts'
import { restAsChosen, restOf } from './rest.ts'

const since = '2026-11-24T10:00:00.000Z'
const ready: DesiredState = { kind: 'ready' }
const pause: DesiredState = { kind: 'not-ready', reason: 'break' }
const held = (reason: string): EngineState => ({ kind: 'not-ready', reason, since })

describe('the desk at rest', () => {
  test('says why the queue passes no calls after a ring that nobody answered', () => {
    expect(restOf({ desired: ready, engine: held('missed') })).toEqual({ kind: 'kept', reason: 'missed' })
    expect(restOf({ desired: ready, engine: held('a-new-one') })).toEqual({ kind: 'kept', reason: 'other' })
  })

  test('follows the queue both ways', () => {
    expect(restOf({ desired: pause, engine: { kind: 'ready', since } })).toEqual({ kind: 'still-ready' })
    expect(restOf({ desired: ready, engine: { kind: 'unknown', since } })).toEqual({ kind: 'unheard' })
  })

  test('is what was chosen where both agree', () => {
    expect(restOf({ desired: ready, engine: { kind: 'ready', since } })).toEqual({ kind: 'ready' })
    expect(restOf({ desired: pause, engine: held('break') })).toEqual({ kind: 'not-ready' })
    expect(
      restOf({ desired: { kind: 'not-ready', reason: 'shift-start' }, engine: held('signed-in') }),
    ).toEqual({ kind: 'start' })
  })

  test('is what was chosen until the queue can have followed', () => {
    expect(restAsChosen({ desired: ready })).toEqual({ kind: 'ready' })
    expect(restAsChosen({ desired: pause })).toEqual({ kind: 'not-ready' })
  })
})
