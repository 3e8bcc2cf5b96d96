import type { Id } from '#contract/domain/ids.ts'

/** Of one agenda: the slots of a usual day, then those of a recovery on another. */
export const usualSlots = 5
const recoverySlots = 2
export const slotCount = usualSlots + recoverySlots
export const mostCounters = 3
export const recoveryCounters = 2

export type Act =
  | { do: 'hold'; hold: Id; slot: number; steps: number; recoveryOf: Id | null }
  | { do: 'renew' | 'release' | 'expire'; hold: Id }
  | {
      do: 'book'
      visit: Id
      slot: number
      steps: number
      hold: Id | null
      lease: Id | null
      recoveryOf: Id | null
      proposed: boolean
    }
  | { do: 'confirm' | 'let pass' | 'cancel'; visit: Id }
  | { do: 'move'; visit: Id; slot: number; hold: Id | null }
  | { do: 'lapse' | 'settle' }
  | { do: 'lend'; lease: Id; steps: number; count: number }
  | { do: 'end booking' | 'end keeping' | 'give back'; lease: Id }
  | { do: 'close'; closure: Id; from: number; to: number; cancels: boolean; recovers: boolean }
  | { do: 'withdraw'; closure: Id }
  | { do: 'set counters'; counters: number }

/** What the CRM said: a refusal, or what it took. */
export type Answer =
  | { refused: string }
  | { refused?: never; counter?: number | undefined; lent?: { slot: number; counter: number }[] }

/** What is over stays written until something takes its place, and counts for nothing. */
type Seat = {
  visit: Id | null
  hold: { id: Id; live: boolean } | null
  lease: { id: Id; live: boolean } | null
}
type Visit = {
  id: Id
  slot: number
  steps: number
  state: 'confirmed' | 'proposed' | 'cancelled-by-citizen' | 'cancelled-by-office' | 'lapsed'
  late: boolean
  recoveryOf: Id | null
  closure: Id | null
}
type Closed = { id: Id; from: number; to: number; cancels: boolean; withdrawn: boolean }

const active = ({ state }: Visit): boolean => state === 'confirmed' || state === 'proposed'

/** Who has which counter when, as one would do it on paper. */
export class Model {
  counters = 2
  recovery: Id | null = null
  seats: Seat[][] = Array.from({ length: slotCount }, () =>
    Array.from({ length: mostCounters }, () => ({ visit: null, hold: null, lease: null })),
  )
  visits: Visit[] = []
  closures: Closed[] = []
  leases: { id: Id; inTime: boolean; steps: number; starts: number[] }[] = []

  copy(): Model {
    return Object.assign(new Model(), structuredClone({ ...this }))
  }

  capacity(slot: number): number {
    if (slot >= usualSlots) return this.recovery === null ? 0 : recoveryCounters
    const shuts = ({ from, to, withdrawn }: Closed) => !withdrawn && from <= slot && slot <= to
    return this.closures.some(shuts) ? 0 : this.counters
  }

  run(slot: number, steps: number, counter: number): Seat[] | null {
    const last = slot + steps - 1
    if (last >= slotCount || (slot < usualSlots && last >= usualSlots)) return null
    return this.seats.slice(slot, last + 1).map((at) => at[counter - 1] as Seat)
  }

  all(): Seat[] {
    return this.seats.flat()
  }

  visit(id: Id | null): Visit | undefined {
    return this.visits.find((one) => one.id === id)
  }

  liveHolds(): Id[] {
    return [...new Set(this.all().flatMap(({ hold }) => (hold?.live ? [hold.id] : [])))]
  }

  /** Counters at which somebody may sit, or the refusal. */
  usable(slot: number, steps: number, may: (seat: Seat) => boolean): number[] | string {
    const open = Math.min(
      ...Array.from({ length: steps }, (_, nth) =>
        this.run(slot, steps, 1) ? this.capacity(slot + nth) : 0,
      ),
    )
    if (open === 0) return 'slot-gone'
    const found = Array.from({ length: open }, (_, nth) => nth + 1).filter((counter) =>
      this.run(slot, steps, counter)?.every(may),
    )
    return found.length > 0 ? found : 'slot-taken'
  }

  /** Where most seats of the own hold are. */
  heldFirst(act: Act & { do: 'book' | 'move' }, counters: number[]): number[] {
    const steps = act.do === 'book' ? act.steps : (this.visit(act.visit)?.steps ?? 1)
    const held = (counter: number) =>
      (this.run(act.slot, steps, counter) ?? []).filter((seat) => act.hold !== null && isHeld(seat, act.hold))
        .length
    const most = Math.max(...counters.map(held))
    return counters.filter((counter) => held(counter) === most)
  }

  /** What the CRM should say: a code, the counters of which it may take one, or null when there is nothing to take. */
  expected(act: Act): string | number[] | null {
    const may = (own: { hold?: Id | null; recoveryOf?: Id | null; visit?: Id }) => {
      const closure = this.visit(own.recoveryOf ?? null)?.closure
      return (seat: Seat) =>
        seat.visit === null
          ? (seat.hold?.live !== true || seat.hold.id === own.hold) &&
            (seat.lease?.live !== true || seat.lease.id === closure)
          : seat.visit === own.visit
    }
    switch (act.do) {
      case 'hold': {
        const at = this.seats.findIndex((seats) => seats.some((seat) => isHeld(seat, act.hold)))
        if (at < 0) return this.usable(act.slot, act.steps, may(act))
        const counter = this.seats[at]?.findIndex((seat) => isHeld(seat, act.hold)) ?? -1
        return at === act.slot ? [counter + 1] : 'slot-taken'
      }
      case 'renew':
        return this.all().some((seat) => isHeld(seat, act.hold)) ? null : 'hold-expired'
      case 'book': {
        const lost = this.visit(act.recoveryOf)
        if (lost && lost.state !== 'cancelled-by-office') return 'input-invalid'
        if (lost && this.visits.some((one) => one.recoveryOf === lost.id && active(one)))
          return 'appointment-settled'
        if (act.lease === null) return this.usable(act.slot, act.steps, may(act))
        if (!this.leases.find(({ id }) => id === act.lease)?.inTime) return 'lease-expired'
        // Also at a counter that has shut since it was lent.
        const lent = Array.from({ length: mostCounters }, (_, nth) => nth + 1).filter((counter) =>
          this.run(act.slot, act.steps, counter)?.every(
            ({ visit, lease }) => visit === null && lease?.live && lease.id === act.lease,
          ),
        )
        return lent.length > 0 ? lent : 'lease-expired'
      }
      case 'confirm': {
        const visit = this.visit(act.visit)
        if (visit?.state === 'confirmed') return null
        if (visit?.state === 'lapsed' || (visit?.state === 'proposed' && visit.late))
          return 'proposal-expired'
        return visit?.state === 'proposed' ? null : 'appointment-settled'
      }
      case 'cancel':
        return this.visit(act.visit)?.state === 'lapsed' ? 'appointment-settled' : null
      case 'move': {
        const visit = this.visit(act.visit)
        if (!visit || !active(visit)) return 'appointment-settled'
        if (visit.state === 'proposed' && visit.late) return 'proposal-expired'
        if (visit.state === 'confirmed' && visit.slot === act.slot) return null
        const own = { hold: act.hold, recoveryOf: visit.recoveryOf, visit: visit.id }
        return this.usable(act.slot, visit.steps, may(own))
      }
      case 'close':
        return act.recovers && this.recovery !== null ? 'input-invalid' : null
      default:
        return null
    }
  }

  /** Does what the CRM says it did. */
  apply(act: Act, answer: Answer): void {
    const counter = answer.refused === undefined ? (answer.counter ?? 0) : 0
    switch (act.do) {
      case 'hold':
        if (this.liveHolds().includes(act.hold)) return
        for (const seat of this.run(act.slot, act.steps, counter) ?? []) {
          seat.hold = { id: act.hold, live: true }
          if (!seat.lease?.live) seat.lease = null
        }
        return
      case 'release':
        this.drop(act.hold)
        return
      case 'expire':
        for (const seat of this.all()) if (seat.hold?.id === act.hold) seat.hold.live = false
        return
      case 'book':
        this.sit(act.visit, act.slot, act.steps, counter, act.hold)
        this.visits.push({
          ...{ id: act.visit, slot: act.slot, steps: act.steps, recoveryOf: act.recoveryOf },
          ...{ state: act.proposed ? 'proposed' : 'confirmed', late: false, closure: null },
        })
        return
      case 'confirm':
        this.change(act.visit, { state: 'confirmed' })
        return
      case 'let pass':
        this.change(act.visit, { late: true })
        return
      case 'cancel': {
        const visit = this.visit(act.visit)
        if (visit && active(visit)) this.leave(visit, 'cancelled-by-citizen')
        return
      }
      case 'move': {
        const visit = this.visit(act.visit)
        if (visit && !(visit.state === 'confirmed' && visit.slot === act.slot)) {
          this.leave(visit, 'confirmed')
          this.sit(visit.id, act.slot, visit.steps, counter, null)
          visit.slot = act.slot
        }
        this.drop(act.hold)
        return
      }
      case 'lapse':
        for (const visit of this.visits)
          if (visit.state === 'proposed' && visit.late) this.leave(visit, 'lapsed')
        return
      case 'settle':
        for (const closure of this.closures.toSorted((a, b) => (a.id < b.id ? -1 : 1))) this.settle(closure)
        return
      case 'lend':
        for (const at of answer.refused === undefined ? (answer.lent ?? []) : [])
          for (const seat of this.run(at.slot, act.steps, at.counter) ?? []) {
            seat.hold = null
            seat.lease = { id: act.lease, live: true }
          }
        this.leases.push({
          ...{ id: act.lease, inTime: true, steps: act.steps },
          starts: answer.refused === undefined ? (answer.lent ?? []).map(({ slot }) => slot) : [],
        })
        return
      case 'end booking':
      case 'end keeping':
        for (const lease of this.leases) if (lease.id === act.lease) lease.inTime = false
        if (act.do === 'end keeping')
          for (const { lease } of this.all()) if (lease?.id === act.lease) lease.live = false
        return
      case 'give back':
        for (const seat of this.all()) if (seat.lease?.id === act.lease) seat.lease = null
        return
      case 'close': {
        const { closure: id, from, to, cancels } = act
        this.closures.push({ id, from, to, cancels, withdrawn: false })
        if (act.recovers) this.openRecovery(act.closure)
        if (!act.cancels) return
        // A hold of which a part is shut is gone whole.
        this.seats.forEach((seats, slot) => {
          if (slot > act.to) return
          for (const seat of seats.slice(this.capacity(slot))) this.drop(seat.hold?.id ?? null)
        })
        return
      }
      case 'withdraw':
        for (const closed of this.closures) if (closed.id === act.closure) closed.withdrawn = true
        return
      case 'set counters':
        this.counters = act.counters
    }
  }

  /**
   * Why the act cannot have been answered so, or null. Together with others it may be refused for what another had for a moment, and passes by a
   * seat that another looks at.
   */
  objects(act: Act, answer: Answer, together: boolean): string | null {
    let expected = this.expected(act)
    if (Array.isArray(expected) && !together && (act.do === 'book' || act.do === 'move')) {
      expected = this.heldFirst(act, expected)
    }
    if (answer.refused !== undefined) {
      // What was lent and given back may be gone from the book altogether.
      const isGone = act.do === 'book' && act.lease !== null && answer.refused === 'slot-gone'
      const refused = isGone ? 'lease-expired' : answer.refused
      return together || expected === refused ? null : `${refused} for ${expected}`
    }
    if (typeof expected === 'string') return `done for ${expected}`
    if (expected !== null && !expected.includes(answer.counter ?? 0)) {
      return `counter ${answer.counter} of ${expected}`
    }
    if (act.do !== 'lend') return null
    const lent = answer.lent ?? []
    const runs = lent.map(({ slot, counter }) => this.run(slot, act.steps, counter) ?? [])
    const seats = runs.flat()
    const areFree = lent.every(
      ({ slot, counter }, nth) =>
        counter <= this.capacity(slot) && runs[nth]?.length === act.steps && runs[nth].every(isFree),
    )
    if (!areFree || new Set(seats).size !== seats.length) return 'lent what was not free'
    const places = this.seats.filter((at, slot) => at.slice(0, this.capacity(slot)).some(isFree)).length
    const most = act.steps === 1 ? Math.min(act.count, places) : act.count
    const isEnough = act.steps > 1 || together ? lent.length <= most : lent.length === most
    return isEnough ? null : `lent ${lent.length} of ${most}`
  }

  /** Each seat that is open or that somebody has, and each visit. */
  shown(): string[] {
    const seats = this.seats.flatMap((at, slot) =>
      at.flatMap((seat, index) => {
        const isOpen = index < this.capacity(slot)
        const hold = seat.hold?.live ? seat.hold.id : null
        const lease = seat.lease?.live ? seat.lease.id : null
        if (!isOpen && seat.visit === null && hold === null && lease === null) return []
        return [`${slot}/${index + 1} ${isOpen ? 'open' : 'shut'} ${seat.visit} ${hold} ${lease}`]
      }),
    )
    return [...seats, ...this.visits.map(({ id, state, closure }) => `${id} ${state} ${closure}`)].toSorted()
  }

  private openRecovery(closure: Id): void {
    this.recovery = closure
    for (const seat of this.seats.slice(usualSlots).flatMap((at) => at.slice(0, recoveryCounters)))
      seat.lease = { id: closure, live: true }
  }

  private sit(id: Id, slot: number, steps: number, counter: number, hold: Id | null): void {
    for (const seat of this.run(slot, steps, counter) ?? []) {
      seat.visit = id
      seat.hold = null
      if (!seat.lease?.live) seat.lease = null
    }
    this.drop(hold)
  }

  private leave(visit: Visit, state: Visit['state']): void {
    visit.state = state
    for (const seat of this.all()) if (seat.visit === visit.id) seat.visit = null
  }

  private settle({ id, from, to, cancels, withdrawn }: Closed): void {
    if (!cancels || withdrawn) return
    for (const visit of this.visits) {
      const begins = visit.slot
      if (begins >= usualSlots || !active(visit) || begins > to || begins + visit.steps - 1 < from) continue
      this.leave(visit, 'cancelled-by-office')
      visit.closure = id
    }
  }

  private change(id: Id, change: Partial<Visit>): void {
    const visit = this.visit(id)
    if (visit) Object.assign(visit, change)
  }

  private drop(hold: Id | null): void {
    for (const seat of this.all()) if (hold !== null && seat.hold?.id === hold) seat.hold = null
  }
}

const isHeld = (seat: Seat, hold: Id): boolean => seat.hold?.live === true && seat.hold.id === hold

const isFree = (seat: Seat): boolean =>
  seat.visit === null && seat.hold?.live !== true && seat.lease?.live !== true
