import { describe, expect, it } from 'vitest'
import { entities } from '#contract/domain/entities.ts'
import { rootsOf } from './invalidation.ts'

describe('rootsOf', () => {
  it('knows what every entity is shown in', () => {
    for (const entity of entities) expect(rootsOf({ entities: [entity] })).not.toEqual([])
  })

  it('asks for each query once', () => {
    expect(rootsOf({ entities: ['ticket', 'appointment', 'contact'] })).toEqual(['story', 'made', 'tickets'])
  })

  it('asks for everything when the host cannot say', () => {
    expect(rootsOf({ entities: ['slot', '*'] })).toBe('all')
  })
})
