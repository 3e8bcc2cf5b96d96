import { describe, expect, it } from 'vitest'
import { emptyDraft } from '#contract/desk.ts'
import { beginAction, emptyTicketDraft } from '#contract/desk-tickets.ts'
import { sample } from '../../../../tests/support/sample-rows.ts'
import { mergeDraft, mergeText, mergeTicketDraft } from './merge-draft.ts'

describe('mergeText', () => {
  const base = 'Vuole la mattina.'

  it('makes changes in different places both', () => {
    expect(mergeText(base, `${base} UNO`, `Oggi. ${base}`)).toBe(`Oggi. ${base} UNO`)
    expect(mergeText(base, 'Vuole mattina.', `${base} DUE`)).toBe('Vuole mattina. DUE')
  })

  it('keeps two insertions at one place, theirs first', () => {
    expect(mergeText(base, `${base} UNO`, `${base} DUE`)).toBe(`${base} DUE UNO`)
  })

  it('keeps both versions of words that both rewrote', () => {
    const merged = mergeText(base, 'Vuole la sera.', 'Vuole il pomeriggio.')
    for (const word of ['sera', 'pomeriggio']) expect(merged).toContain(word)
  })

  it('takes the side that changed, and the same change once', () => {
    expect(mergeText(base, base, 'x')).toBe('x')
    expect(mergeText(base, 'x', base)).toBe('x')
    expect(mergeText(base, 'x', 'x')).toBe('x')
  })

  it('loses no letter however two windows type at once', () => {
    let base = ''
    let stored = ''
    let typed = ''
    for (const [mine, theirs] of ['1a', '2b', '3c', '4d']) {
      const merged = mergeText(base, base + mine, base + theirs)
      base = merged
      stored += theirs
      typed += mine
    }
    for (const sign of stored + typed) expect(base).toContain(sign)
    expect(base).toHaveLength(8)
  })
})

describe('mergeDraft', () => {
  it('takes who it is and how that is known from one side', () => {
    const theirs = { ...emptyDraft, citizenId: 'teresa' }
    const mine = { ...emptyDraft, choice: 'none' as const }
    expect(mergeDraft(emptyDraft, mine, theirs)).toEqual(mine)
    const asked = { ...theirs, identification: 'birth-date' as const }
    const other = { ...theirs, citizenId: 'andrea', choice: 'person' as const }
    expect(mergeDraft(theirs, other, asked)).toEqual(other)
  })

  it('lets nobody speak for whom another spoke', () => {
    const teresa = { ...emptyDraft, citizenId: 'teresa' }
    const forAnna = { ...teresa, onBehalfOf: 'anna' }
    const bruno = { ...emptyDraft, citizenId: 'bruno', choice: 'person' as const }
    expect(mergeDraft(teresa, bruno, forAnna)).toEqual(bruno)
    expect(mergeDraft(teresa, forAnna, bruno)).toEqual(bruno)
    expect(mergeDraft(teresa, forAnna, { ...teresa, note: 'x' })).toEqual({ ...forAnna, note: 'x' })
  })

  it('takes each field from whom changed it', () => {
    const mine = { ...emptyDraft, wrapUp: { ...emptyDraft.wrapUp, outcome: 'resolved' as const } }
    const theirs = { ...emptyDraft, identification: 'birth-date' as const, note: 'x' }
    expect(mergeDraft(emptyDraft, mine, theirs)).toEqual({
      ...emptyDraft,
      identification: 'birth-date',
      note: 'x',
      wrapUp: { ...emptyDraft.wrapUp, outcome: 'resolved' },
    })
  })
})

describe('mergeTicketDraft', () => {
  const wait = beginAction('wait', sample.ticket())
  const typing = (action: typeof wait | null, note = '') => ({ ...emptyTicketDraft, note, action })

  it('keeps what two windows wrote in one form', () => {
    const base = typing({ ...wait, reason: 'Manca la foto.' })
    const mine = typing({ ...wait, reason: 'Manca la foto. Richiamare.' })
    const theirs = typing({ ...wait, reason: 'Oggi: Manca la foto.', reference: '7' }, 'nota')
    const merged = { ...wait, reason: 'Oggi: Manca la foto. Richiamare.', reference: '7' }
    expect(mergeTicketDraft(base, mine, theirs)).toEqual(typing(merged, 'nota'))
  })

  it('leaves a form as this window has it where the other opened another, and closes what the other sent', () => {
    const mine = typing({ ...wait, reason: 'Manca la foto.' })
    const other = typing({ ...beginAction('close', sample.ticket()), reason: 'x' })
    expect(mergeTicketDraft(typing(null), mine, other)).toEqual(mine)
    expect(mergeTicketDraft(mine, mine, typing(null))).toEqual(typing(null))
    expect(mergeTicketDraft(typing(wait), mine, typing(null))).toEqual(mine)
  })
})
