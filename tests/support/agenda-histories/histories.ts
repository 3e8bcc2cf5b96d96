import fc from 'fast-check'
import { expect } from 'vitest'
import { type Id, newId } from '#contract/domain/ids.ts'
import type { Db } from '../../../src/crm/store/store.ts'
import { type Act, type Answer, Model, mostCounters, slotCount, usualSlots } from './model.ts'
import { HistoryOffice } from './office.ts'

const kinds = [
  ...[
    'hold',
    'hold',
    'hold',
    'hold again',
    'renew',
    'release',
    'expire',
    'book',
    'propose',
    'take hold',
    'take hold',
  ],
  ...['take hold', 'confirm', 'let pass', 'lapse', 'cancel', 'move', 'move', 'recover', 'recover'],
  ...['lend', 'book lent', 'book lent', 'end booking', 'end keeping', 'give back'],
  ...['close', 'settle', 'settle', 'withdraw', 'set counters'],
] as const

/** Numbers pick among what there is at that moment. */
type Wish = { do: (typeof kinds)[number]; slot: number; other: number; pick: number; steps: number }
const wish: fc.Arbitrary<Wish> = fc.record({
  do: fc.constantFrom(...kinds),
  slot: fc.nat(slotCount - 1),
  other: fc.nat(usualSlots - 1),
  pick: fc.nat(1000),
  steps: fc.integer({ min: 1, max: 2 }),
})

/** What a wish means as things stand; null when there is nothing to do it with. */
function actOf({ do: what, slot, other, pick, steps }: Wish, model: Model): Act | null {
  const some = <T>(list: readonly T[]): T | null => list[pick % Math.max(1, list.length)] ?? null
  const hold = some(model.liveHolds())
  const visit = some(model.visits)
  const lease = some(model.leases)
  const lost = some(model.visits.filter(({ state }) => state === 'cancelled-by-office'))
  const heldAt = model.seats.findIndex((seats) => seats.some((seat) => seat.hold?.id === hold))
  /** In a recovery agenda, for somebody whom it is open to. */
  const recoveryAt = (at: number) => (at >= usualSlots ? (lost?.id ?? null) : null)
  const booking: Act & { do: 'book' } = {
    ...{ do: 'book', visit: newId(), slot, steps, hold: null, lease: null, recoveryOf: null },
    proposed: false,
  }
  switch (what) {
    case 'hold':
      return { do: what, hold: newId(), slot, steps, recoveryOf: recoveryAt(slot) }
    case 'hold again':
      return hold === null
        ? null
        : { do: 'hold', hold, slot: pick % 3 === 0 ? slot : heldAt, steps, recoveryOf: null }
    case 'renew':
    case 'release':
    case 'expire':
      return hold === null ? null : { do: what, hold }
    case 'book':
      return booking
    case 'propose':
      return { ...booking, proposed: true }
    case 'take hold': {
      if (!hold) return null
      const held = model.all().filter((seat) => seat.hold?.id === hold).length
      const there = { slot: heldAt, steps: pick % 4 === 0 ? steps : held }
      return { ...booking, ...there, hold, recoveryOf: recoveryAt(heldAt) }
    }
    case 'recover':
      return lost && { ...booking, slot: usualSlots + (slot % 2), recoveryOf: lost.id }
    case 'confirm':
    case 'let pass':
    case 'cancel':
      return visit && { do: what, visit: visit.id }
    case 'move':
      return visit && { do: what, visit: visit.id, slot, hold: pick % 2 === 0 ? hold : null }
    case 'lapse':
    case 'settle':
      return { do: what }
    case 'lend':
      return { do: what, lease: newId(), steps, count: 1 + (pick % 3) }
    case 'book lent': {
      const at = lease && some(lease.starts)
      if (!lease || at === null) return null
      return { ...booking, slot: at, steps: lease.steps, lease: lease.id }
    }
    case 'end booking':
    case 'end keeping':
    case 'give back':
      return lease && { do: what, lease: lease.id }
    case 'close': {
      const [from, to] = [Math.min(slot % usualSlots, other), Math.max(slot % usualSlots, other)]
      const cancels = pick % 4 !== 0
      const recovers = cancels && pick % 2 === 0
      return { do: what, closure: newId(), from, to, cancels, recovers }
    }
    case 'withdraw': {
      const closure = some(model.closures)
      return closure && { do: what, closure: closure.id }
    }
    case 'set counters':
      return { do: what, counters: 1 + (pick % mostCounters) }
  }
}

export type Tally = { histories: number; acts: Map<string, number>; done: number }

/**
 * Random histories, each in an office of its own, against the model. `together`: so many acts at once, of which some order has to explain what
 * each was told and how all stands afterwards; one act alone is told exactly what the model says.
 */
export async function provesHistories(
  db: Db,
  userId: Id,
  { runs, together }: { runs: number; together: number },
): Promise<Tally> {
  const tally: Tally = { histories: 0, acts: new Map(), done: 0 }
  const batch = fc.array(wish, { minLength: 1, maxLength: together })
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 20, maxLength: 40 }), async (batches) => {
      tally.histories += 1
      let model = new Model()
      const office = await HistoryOffice.open(db, userId, model.counters)
      expect(await office.shown()).toEqual(model.shown())
      for (const wishes of batches) {
        const acts = wishes.flatMap((one) => actOf(one, model) ?? [])
        const answers = await Promise.all(acts.map((act) => office.take(act)))
        acts.forEach((act, nth) => {
          tally.acts.set(act.do, (tally.acts.get(act.do) ?? 0) + 1)
          if (answers[nth]?.refused === undefined) tally.done += 1
        })
        const said = acts.map((act, nth) => ({ act, answer: answers[nth] ?? {} }))
        model = explain(model, said, await office.shown())
      }
    }),
    // The acts that failed are told; and what happens at once happens otherwise the next time.
    { numRuns: runs, endOnFailure: true },
  )
  return tally
}

type Said = { act: Act; answer: Answer }

/** The model after the acts, in the order that explains them. */
function explain(before: Model, said: readonly Said[], shown: readonly string[]): Model {
  const objections: string[] = []
  let after = before
  for (const order of ordersOf(said)) {
    after = before.copy()
    const objection = follow(after, order)
    if (objection === null && after.shown().join('\n') === shown.join('\n')) return after
    objections.push(objection ?? 'ends otherwise')
  }
  const acts = said.map((one) => JSON.stringify(one)).join('\n')
  expect(shown, `${acts}\n${objections.join(', ')}\nbefore:\n${before.shown().join('\n')}`).toEqual(
    after.shown(),
  )
  throw new Error(`${acts}\n${objections.join(', ')}`)
}

function follow(model: Model, order: readonly Said[]): string | null {
  for (const { act, answer } of order) {
    const objection = model.objects(act, answer, order.length > 1)
    if (objection !== null) return objection
    if (answer.refused === undefined) model.apply(act, answer)
  }
  return null
}

function ordersOf<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]]
  return list.flatMap((first, nth) => ordersOf(list.toSpliced(nth, 1)).map((rest) => [first, ...rest]))
}
