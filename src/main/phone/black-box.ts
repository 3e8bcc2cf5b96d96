import type { Call } from '#contract/domain/call.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { LineEvent, LineRecord, LineView } from '#contract/domain/line-record.ts'
import type { MediaNotice } from '#contract/media.ts'
import { ClockMap } from './clock-map.ts'
import { LineLog } from './line-log.ts'
import type { Envelope } from './sip-text.ts'

/** Calls that are over, kept until somebody has had the time to ask why one was bad. */
const maxEnded = 8
/** Of messages that belong to no call yet: an INVITE comes before its call. */
const maxLoose = 24
/** The only SIP headers that are kept: they say what happened and name nobody. */
const headers: Record<string, string> = {
  reason: 'Reason',
  'retry-after': 'Retry-After',
  'content-type': 'Content-Type',
  require: 'Require',
  expires: 'Expires',
}

export type BlackBoxOptions = {
  now(): Date
  /** A line's view is new. */
  tell(view: LineView): void
}

/** Remembers of every call what its line did, on the host's clock, in bounded memory; the calls that are over too, for a while. */
export class BlackBox {
  readonly #options: BlackBoxOptions
  readonly #logs = new Map<Id, LineLog>()
  readonly #dialogs = new Map<string, Id>()
  readonly #clock = new ClockMap()
  #loose: { callId: string; event: LineEvent }[] = []
  #deviceChanges = 0

  constructor(options: BlackBoxOptions) {
    this.#options = options
  }

  /** Every move of a call. `dialog`: the Call-ID of its present session. */
  moved(call: Call, dialog: string | null): void {
    const at = this.#now()
    const log = this.#logs.get(call.id) ?? this.#begin(call, at)
    if (dialog !== null && this.#dialogs.get(dialog) !== call.id) this.#join(log, dialog)
    log.moved(call, at)
    if (call.state === 'ended') {
      this.#options.tell(log.view())
      this.#forgetOldest()
    }
  }

  noticed(notice: MediaNotice): void {
    const at = this.#now()
    if (notice.type === 'line') this.#line(notice, at)
    else if (notice.type === 'connection') {
      this.#logs.get(notice.callId)?.event({ at, kind: 'ice', what: notice.state })
    } else if (notice.type === 'packets') {
      this.#logs.get(notice.callId)?.event({ at, kind: 'ice', what: packetWords(notice.flowing) })
    }
  }

  /** A message that the guard let in, or that was sent. */
  sip(direction: 'in' | 'out', envelope: Envelope): void {
    if (envelope.callId === null) return
    const method = envelope.method ?? `${envelope.status} ${envelope.cseq?.split(/\s+/)[1] ?? ''}`
    const kept = [...envelope.others]
      .filter(([name]) => headers[name] !== undefined)
      .map(([name, value]) => [headers[name], withoutNames(value)] as const)
    const event: LineEvent = {
      at: this.#now(),
      kind: 'sip',
      what: `${direction} ${method}`.slice(0, 80),
      ...(kept.length > 0 ? { headers: Object.fromEntries(kept) } : {}),
    }
    const owner = this.#dialogs.get(envelope.callId)
    if (owner !== undefined) this.#logs.get(owner)?.event(event)
    else this.#loose = [...this.#loose, { callId: envelope.callId, event }].slice(-maxLoose)
  }

  /** Something that concerns every call that lives. */
  note(kind: LineEvent['kind'], what: string): void {
    const at = this.#now()
    for (const log of this.#logs.values()) {
      if (log.endedAt === null) log.event({ at, kind, what: what.slice(0, 80) })
    }
  }

  /** Another page has attached: its clock is its own, and so is its count of devices. */
  pageAttached(): void {
    this.#clock.reset()
    this.#deviceChanges = 0
    this.note('page', 'attached')
  }

  /** The operator leaves: the next one at this desk has other calls. */
  clear(): void {
    this.#logs.clear()
    this.#dialogs.clear()
    this.#loose = []
  }

  record(callId: Id): LineRecord | null {
    return this.#logs.get(callId)?.record(this.#options.now()) ?? null
  }

  views(): LineView[] {
    return [...this.#logs.values()].map((log) => log.view())
  }

  #line(notice: Extract<MediaNotice, { type: 'line' }>, at: number): void {
    this.#clock.heard(notice.sentAt, at)
    if (notice.deviceChanges > this.#deviceChanges) this.note('device', 'plugged in or out')
    this.#deviceChanges = notice.deviceChanges
    for (const { callId, sample } of notice.calls) {
      const log = this.#logs.get(callId)
      if (!log || log.endedAt !== null) continue
      log.sample({ ...sample, at: this.#clock.toHost(sample.at) })
      this.#options.tell(log.view())
    }
  }

  #begin(call: Call, at: number): LineLog {
    const log = new LineLog(call)
    log.event({ at, kind: 'call', what: call.state })
    this.#logs.set(call.id, log)
    return log
  }

  #join(log: LineLog, dialog: string): void {
    this.#dialogs.set(dialog, log.callId)
    for (const { callId, event } of this.#loose) if (callId === dialog) log.event(event)
    this.#loose = this.#loose.filter(({ callId }) => callId !== dialog)
  }

  #forgetOldest(): void {
    const ended = [...this.#logs.values()].filter((log) => log.endedAt !== null)
    for (const log of ended.slice(0, Math.max(0, ended.length - maxEnded))) {
      this.#logs.delete(log.callId)
      for (const [dialog, callId] of this.#dialogs) if (callId === log.callId) this.#dialogs.delete(dialog)
    }
  }

  #now(): number {
    return this.#options.now().getTime()
  }
}

const packetWords = (flowing: boolean | null): string =>
  flowing === null ? 'no packets, none missing' : flowing ? 'packets' : 'no packets'

/** What a header may say beside its code words: quoted text, addresses and long numbers go. */
const withoutNames = (value: string): string =>
  value
    .replace(/"[^"]*"/g, '""')
    .replace(/\S*@\S*/g, '…')
    .replace(/\d{1,3}(?:\.\d{1,3}){3}/g, '…')
    .replace(/\+?\d{5,}/g, '…')
    .slice(0, 120)
