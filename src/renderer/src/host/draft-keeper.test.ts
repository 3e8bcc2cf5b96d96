import { ORPCError } from '@orpc/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Draft, emptyDraft, type Work } from '#contract/desk.ts'
import { DraftKeeper, type DraftStorage } from './draft-keeper.ts'
import { mergeDraft } from './merge-draft.ts'

const work = (draft: Partial<Draft> = {}, revision = 1): Work => ({
  contactId: '01980000-0000-7000-8000-000000000001',
  remote: { number: null, e164: null, displayName: null },
  continues: null,
  queue: null,
  direction: 'inbound',
  practice: true,
  startedAt: '2026-11-24T09:00:00Z',
  answeredAt: '2026-11-24T09:00:06Z',
  endedAt: null,
  draft: { ...emptyDraft, ...draft },
  revision,
  savedAt: '2026-11-24T09:00:06Z',
})

const stale = () =>
  new ORPCError('FAULT', { defined: true, data: { kind: 'conflict', code: 'draft-stale', params: {} } })

/** The host's part: one stored draft with its revision. */
function storage(stored: Work) {
  const saves: { at: number; note: string }[] = []
  const own = { stored, saves, latency: 5, broken: false }
  const io: DraftStorage = {
    async save(revision, draft) {
      await new Promise((resolve) => setTimeout(resolve, own.latency))
      if (own.broken) throw new Error('the host is not connected')
      if (revision !== own.stored.revision) throw stale()
      own.stored = { ...own.stored, draft, revision: revision + 1, savedAt: new Date().toISOString() }
      saves.push({ at: performance.now(), note: draft.note })
      return { revision: own.stored.revision, savedAt: own.stored.savedAt }
    },
    reload: async () => own.stored,
  }
  return Object.assign(own, { io })
}

/** The first save gets there, and its answer is lost. */
function losing({ io }: ReturnType<typeof storage>): DraftStorage {
  let first = true
  return {
    ...io,
    async save(revision, draft) {
      const kept = await io.save(revision, draft)
      if (first) {
        first = false
        throw new Error('the host is not connected')
      }
      return kept
    },
  }
}

describe('DraftKeeper', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('saves the first key at once and the last within 250 ms, never two saves together', async () => {
    const host = storage(work())
    const keeper = new DraftKeeper(host.stored, host.io, mergeDraft)
    let note = ''
    for (let key = 0; key < 40; key++) {
      note += 'a'
      keeper.edit((draft) => ({ ...draft, note }))
      await vi.advanceTimersByTimeAsync(37)
    }
    const lastKey = performance.now() - 37
    await vi.advanceTimersByTimeAsync(300)
    const last = host.saves.at(-1)
    expect(last?.note).toHaveLength(40)
    expect((last?.at ?? Number.NaN) - lastKey).toBeLessThanOrEqual(250)
    expect(host.saves.length).toBeLessThanOrEqual(12)
    expect(keeper.get().status).toBe('saved')
  })

  it('merges with what another window saved, and loses neither', async () => {
    const host = storage(work({ note: 'Vuole la mattina.' }))
    const keeper = new DraftKeeper(host.stored, host.io, mergeDraft)
    host.stored = {
      ...host.stored,
      revision: 2,
      draft: { ...host.stored.draft, note: 'Vuole la mattina. Ha la foto.', identification: 'birth-date' },
    }
    keeper.edit((draft) => ({ ...draft, note: 'Vuole la mattina. Richiamare.' }))
    await vi.advanceTimersByTimeAsync(200)
    expect(host.stored.draft.note).toBe('Vuole la mattina. Ha la foto. Richiamare.')
    expect(host.stored.draft.identification).toBe('birth-date')
    expect(keeper.get()).toMatchObject({ status: 'saved', draft: host.stored.draft })
  })

  it('keeps trying while the host is away, and says so', async () => {
    const host = storage(work())
    host.broken = true
    const keeper = new DraftKeeper(host.stored, host.io, mergeDraft)
    keeper.edit((draft) => ({ ...draft, note: 'a' }))
    await vi.advanceTimersByTimeAsync(1000)
    expect(keeper.get()).toMatchObject({ status: 'failed', fault: { code: 'unavailable-now' } })
    keeper.edit((draft) => ({ ...draft, note: 'ab' }))
    host.broken = false
    await vi.advanceTimersByTimeAsync(6000)
    expect(host.stored.draft.note).toBe('ab')
    expect(keeper.get().status).toBe('saved')
  })

  it('adopts what the host changed, without touching what is being typed', async () => {
    const host = storage(work({ note: 'a', ticket: { kind: 'complaint', topicId: 'tari', text: 'x' } }))
    const keeper = new DraftKeeper(host.stored, host.io, mergeDraft)
    host.stored = { ...host.stored, revision: 5, draft: { ...host.stored.draft, ticket: emptyDraft.ticket } }
    keeper.adopt(host.stored)
    expect(keeper.get().draft.ticket).toEqual(emptyDraft.ticket)
    keeper.edit((draft) => ({ ...draft, note: 'ab' }))
    await vi.advanceTimersByTimeAsync(200)
    expect(host.stored).toMatchObject({ revision: 6, draft: { note: 'ab', ticket: emptyDraft.ticket } })
  })

  it('sends the last keys behind a save that is under way when the page goes', async () => {
    const host = storage(work())
    host.latency = 0
    const keeper = new DraftKeeper(host.stored, host.io, mergeDraft)
    keeper.edit((draft) => ({ ...draft, note: 'a' }))
    keeper.edit((draft) => ({ ...draft, note: 'ab' }))
    keeper.leave()
    await vi.advanceTimersByTimeAsync(20)
    expect(host.stored.draft.note).toBe('ab')
  })

  it('doubles nothing where a save got there and its answer did not', async () => {
    const host = storage(work({ note: 'Pass. ' }))
    const keeper = new DraftKeeper(host.stored, losing(host), mergeDraft)
    const type = (note: string) => keeper.edit((draft) => ({ ...draft, note }))
    type('Pass. abc')
    await vi.advanceTimersByTimeAsync(20)
    type('Pass. abcd')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(host.stored.draft.note).toBe('Pass. abcd')
    expect(keeper.get()).toMatchObject({ status: 'saved', draft: { note: 'Pass. abcd' } })
  })

  it('doubles nothing where the host’s list tells of the save first', async () => {
    const host = storage(work())
    const keeper = new DraftKeeper(host.stored, losing(host), mergeDraft)
    const type = (note: string) => keeper.edit((draft) => ({ ...draft, note }))
    type('abc')
    await vi.advanceTimersByTimeAsync(20)
    type('abcd')
    // Made anew on its way, with its fields in another order.
    const { ticket, ...rest } = host.stored.draft
    keeper.adopt({ ...host.stored, draft: { ticket, ...rest } })
    expect(keeper.get().draft.note).toBe('abcd')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(host.stored.draft.note).toBe('abcd')
  })

  it('doubles nothing that was sent behind a save when the page of it went', async () => {
    const host = storage(work())
    const keeper = new DraftKeeper(host.stored, host.io, mergeDraft)
    const type = (note: string) => keeper.edit((draft) => ({ ...draft, note }))
    type('a')
    type('ab')
    await vi.advanceTimersByTimeAsync(1)
    keeper.leave()
    type('abc')
    await vi.advanceTimersByTimeAsync(1000)
    expect(host.stored.draft.note).toBe('abc')
    expect(keeper.get().draft.note).toBe('abc')
  })

  it('gives up on a contact that is closed', async () => {
    const host = storage(work())
    let tries = 0
    const keeper = new DraftKeeper(
      host.stored,
      {
        save: async () => {
          tries++
          throw new ORPCError('FAULT', {
            defined: true,
            data: { kind: 'not-found', code: 'contact-gone', params: {} },
          })
        },
        reload: async () => null,
      },
      mergeDraft,
    )
    keeper.edit((draft) => ({ ...draft, note: 'a' }))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(tries).toBe(1)
    expect(keeper.get()).toMatchObject({ status: 'failed', fault: { code: 'contact-gone' } })
  })

  it('flushes what is not saved before an action', async () => {
    vi.useRealTimers()
    const host = storage(work())
    const keeper = new DraftKeeper(host.stored, host.io, mergeDraft)
    keeper.edit((draft) => ({ ...draft, note: 'a' }))
    keeper.edit((draft) => ({ ...draft, note: 'ab' }))
    await keeper.flush()
    expect(host.stored.draft.note).toBe('ab')
  })
})
