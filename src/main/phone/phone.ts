import type { Logger } from 'pino'
import type { SipCredentials } from '#contract/crm.ts'
import type { AgentView, DesiredState } from '#contract/domain/agent.ts'
import { type AgentMemory, noVoice } from '#contract/domain/agent-machine.ts'
import type { Call } from '#contract/domain/call.ts'
import type { Id } from '#contract/domain/ids.ts'
import { defaultLine, type Team } from '#contract/domain/line.ts'
import type { LineRecord, LineView } from '#contract/domain/line-record.ts'
import { Fault } from '#contract/errors.ts'
import type { MediaNotice } from '#contract/media.ts'
import type { QueueFigures } from '#contract/queue.ts'
import { BlackBox } from './black-box.ts'
import { CallControls } from './call-controls.ts'
import { Calls } from './calls.ts'
import { Events } from './events.ts'
import { Line, type LineState } from './line.ts'
import type { MediaEnd } from './media-end.ts'
import { QueueAgent } from './queue-agent.ts'
import { Recovery } from './recovery.ts'
import { SettingUp } from './setting-up.ts'
import { type Surroundings, watchSurroundings } from './surroundings.ts'
import { Transfers } from './transfers.ts'

export type { MediaEnd } from './media-end.ts'

export type Registration = {
  state: 'off' | 'connecting' | 'registered' | 'away' | 'refused' | 'elsewhere'
  since: string
  line: string | null
  practice: boolean
  retryAt: string | null
  otherDesks: number
}

export type PhoneEvents = {
  /** Every move of a call, the end included. */
  call: (call: Call) => void
  registration: (registration: Registration) => void
  agent: (agent: AgentView) => void
  figures: (figures: QueueFigures | null) => void
  /** How a call's line is, about once a second, and once more when it has ended. */
  line: (view: LineView) => void
}

export type PhoneOptions = {
  media: MediaEnd
  /** A credential that is valid now; asked again before it expires. Rejects while none can be had. */
  credentials(): Promise<SipCredentials>
  /** Asked before the engine is told that calls may come: not to a desk whose session ends. */
  mayBeRung(): boolean
  log: Logger
  now(): Date
}

/**
 * The operator's telephone: registration, dialogs, recovery, and the agent's state at the queue engine.
 * Our own small port, so that the SIP library behind it can be replaced.
 */
export interface Phone {
  /** `agent`: the operator's state of a host before, when the same session goes on. */
  start(agent?: AgentMemory | null): void
  /** Ends live calls, unregisters, forgets the credential. */
  stop(): Promise<void>
  retryNow(): void
  /** Takes the extension from the operator's other desk, which registers no more by itself. */
  takeOver(): void
  calls(): Call[]
  registration(): Registration
  agent(): AgentView
  /** What to hand to `start` in the next host; changes only before an `agent` event. */
  agentMemory(): AgentMemory
  figures(): QueueFigures | null
  answer(callId: Id): Promise<void>
  reject(callId: Id): Promise<void>
  /** Silently here; nobody is told. */
  ignore(callId: Id): void
  /** A consultation that is hung up gives the caller back. One whose `dial` is under way rejects there with `call-gone`. */
  hangUp(callId: Id): Promise<void>
  hold(callId: Id, on: boolean): Promise<void>
  mute(callId: Id, on: boolean): Promise<void>
  dtmf(callId: Id, tones: string): Promise<void>
  /** Another call that is spoken on is held. */
  dial(number: string): Promise<Id>
  /** Holds this call and dials a colleague about it. */
  consult(callId: Id, number: string): Promise<Id>
  swap(callId: Id): Promise<void>
  /** Resolves when the far end has agreed; the call's `transfer` tells the rest. */
  transfer(callId: Id, to: string): Promise<void>
  completeTransfer(callId: Id): Promise<void>
  cancelTransfer(callId: Id): Promise<void>
  conference(callId: Id, on: boolean): Promise<void>
  /** Whom calls can be handed to, as the line's configuration has them. */
  teams(): readonly Team[]
  /**
   * During a call or a wrap-up it is reserved for afterwards. Ready only with a microphone that opens: rejects with `no-media-end`,
   * `microphone-denied` or `microphone-missing` otherwise. Nothing comes of it when something else is wished before the microphone opens.
   */
  setDesired(desired: DesiredState): Promise<void>
  /**
   * The wrap-up of this contact is done: the engine is told what the operator wants next. Without a usable microphone that is
   * `not-ready: technical`, as `agent()` then shows.
   */
  finishAfterCallWork(contactId: Id, next: DesiredState): Promise<void>
  hasEcho(): boolean
  /** Calls the exchange's echo by this id; whatever else is dialled or comes in ends it. */
  callEcho(callId: Id): Promise<void>
  /** False when no wrap-up is open. */
  extendAfterCallWork(seconds: number): boolean
  /** How the lines of the live calls are, and were of those that ended last. */
  lines(): LineView[]
  /** What is remembered of a call's line; null when it is forgotten. */
  lineRecord(callId: Id): LineRecord | null
  on<E extends keyof PhoneEvents>(event: E, listener: PhoneEvents[E]): () => void
}

/** A permission prompt may stand in front of the microphone. */
const checkTimeout = 30_000
/** How soon a page that went away is shown. */
const attachedInterval = 500
/** A page that reloads is back sooner. */
const voiceGoneAfterMs = 3000
const mediaEndWithinMs = 2000
/** For the far ends of calls that end with the phone: over a line that is away they are told when it is back. */
const byePatience = 2000

export function openPhone(options: PhoneOptions): Phone {
  const { media, log, now } = options
  const events = new Events<PhoneEvents>((error) =>
    log.error({ err: error }, 'a listener of the phone threw'),
  )
  let lineState: LineState = { state: 'off', retryAt: null }
  let since = now().toISOString()
  let welcome: { name: string; practice: boolean } | null = null
  let lifetime: AbortController | null = null
  let detach: (() => void)[] = []

  const registration = (): Registration => ({
    state: lineState.state,
    since,
    line: welcome?.name ?? line.credentials()?.realm ?? null,
    practice: welcome?.practice ?? false,
    retryAt: lineState.retryAt?.toISOString() ?? null,
    // The registrar may not say it.
    otherDesks: Math.max(line.others(), queue.isTakenOver() ? 1 : 0),
  })
  const tellRegistration = () => events.emit('registration', registration())

  const box = new BlackBox({ now, tell: (view) => events.emit('line', view) })
  const line = new Line({
    credentials: options.credentials,
    describe: (session) => calls.describe(session),
    onInvite(invitation, arrivedAt) {
      if (lifetime) settingUp.invited(invitation, arrivedAt)
      // Who is leaving is offered a call once more before the exchange knows it. Left alone, the stack would keep it for a minute.
      else calls.quietly(() => invitation.reject({ statusCode: 480 }))
    },
    onState(state) {
      if (state.state !== lineState.state) since = now().toISOString()
      if (state.state !== lineState.state) box.note('registration', state.state)
      lineState = state
      // The engine hears one desk of an operator; two that connect in turn would push each other out.
      if (state.state === 'elsewhere') queue.leave()
      tellRegistration()
    },
    onSip: (direction, envelope) => box.sip(direction, envelope),
    onRegistered(credentials, again) {
      if (lifetime) queue.lineReady(credentials)
      calls.lineBack()
      transfers.lineBack()
      if (again) pathBack()
    },
    onProven: () => pathBack(),
    onReconnected() {
      calls.lineBack()
      transfers.lineBack()
      pathBack()
    },
    engaged: () => calls.engaged(),
    onLost() {
      calls.lineLost()
      transfers.lineLost()
    },
    log,
    now,
  })

  /** Whether the calls' packets may take another way than when they were set up. */
  let pathChanged = false
  const pathBack = () => {
    recovery.lineBack({ iceRestart: pathChanged })
    pathChanged = false
  }
  const surroundingsChanged = () => {
    pathChanged = true
    line.prove()
    queue.prove()
  }

  /** What the operator wished last; another one, or none, once they wished otherwise or left while the microphone was looked for. */
  let wish: DesiredState | null = null
  const signal = () => (lifetime ?? new AbortController()).signal
  const configuration = () => line.credentials()?.line ?? defaultLine
  const practice = () => welcome?.practice ?? false
  const calls: Calls = new Calls({
    media,
    line,
    log,
    now,
    path: () => configuration().media,
    signal,
    moved(call) {
      // Who rings is told before what that makes of the operator's state.
      events.emit('call', call)
      queue.called(call)
      box.moved(call, calls.find(call.id)?.dialog() ?? null)
    },
    mediaLost: (live) => recovery.mediaLost(live),
    unanswered: (live) => recovery.unanswered(live),
    refer: (live, to, consultation) => transfers.refer(live, to, consultation),
    notified: (live, session, event, body) => transfers.notified(live, session, event, body),
    reinvited: (live, request) => settingUp.reinvited(live, request),
  })
  const settingUp: SettingUp = new SettingUp({
    calls,
    media,
    line,
    log,
    signal,
    practice,
    configuration,
    mediaLost: (live) => recovery.mediaLost(live),
  })
  const transfers: Transfers = new Transfers({ calls, line, log, configuration })
  const controls = new CallControls({ calls, media, settingUp, configuration })
  const recovery = new Recovery({ media, line, calls, log, signal })
  const queue = new QueueAgent({
    credentials: () => line.credentials(),
    refused: () => line.renew(),
    agent: (view) => events.emit('agent', view),
    figures: (figures) => events.emit('figures', figures),
    welcome(next) {
      welcome = next
      tellRegistration()
    },
    takenOver() {
      // Whether the other one has the extension too is asked at once.
      line.retryNow()
      tellRegistration()
    },
    hasVoice: () => hasVoice(),
    mayBeRung: () => options.mayBeRung(),
    log,
    now,
  })

  async function checkDevices(): Promise<void> {
    if (!(await mediaEndComes())) throw new Fault('unavailable', 'no-media-end')
    await media.ask({ verb: 'check-devices' }, checkTimeout)
  }
  /** A page that has just been loaded shows what can be pressed some moments before its media end is there. */
  function mediaEndComes(): Promise<boolean> {
    if (media.attached()) return Promise.resolve(true)
    const here = signal()
    return new Promise((resolve) => {
      const settle = (comes: boolean) => {
        clearTimeout(timer)
        off()
        here.removeEventListener('abort', left)
        resolve(comes)
      }
      const left = () => settle(false)
      const timer = setTimeout(settle, mediaEndWithinMs, false)
      const off = media.onAttached(() => settle(true))
      here.addEventListener('abort', left)
    })
  }

  const hasVoice = (): Promise<boolean> =>
    checkDevices().then(
      () => true,
      () => false,
    )
  /** How often a voice was asked for or told of: an older check must not overrule a newer word. */
  let words = 0
  function tellVoice(present: boolean): void {
    words += 1
    queue.voice(present)
  }
  /** A page is there. Only somebody who is to be rung is asked for the microphone by it. */
  async function lookForVoice(): Promise<void> {
    const here = signal()
    words += 1
    const mine = words
    const { desired, next } = queue.view()
    const present = (next ?? desired).kind !== 'ready' || (await hasVoice())
    if (!here.aborted && words === mine) queue.voice(present)
  }
  /** What was told of the microphone last. */
  let told = { permission: '', use: '' }
  /** That it is allowed and plugged in does not say that it opens. What failed is told at once, as far as it was tried. */
  function microphoneTold({
    microphone: permission,
    roles,
  }: Extract<MediaNotice, { type: 'devices' }>): void {
    const before = told
    const use = roles?.microphone
    told = { permission, use: use ? JSON.stringify(use) : before.use }
    if (permission === 'prompt') return
    if (permission !== 'granted' || use?.state === 'failed') tellVoice(false)
    else if (told.permission !== before.permission || told.use !== before.use || isKeptSilent())
      void lookForVoice()
  }
  const isKeptSilent = () => queue.view().kept?.reason === noVoice

  return {
    start(agent = null) {
      if (lifetime) return
      lifetime = new AbortController()
      queue.begin(agent)
      const surroundings: Surroundings = watchSurroundings({
        onWake(sleptMs) {
          log.info({ sleptMs }, 'awake again')
          box.note('sleep', `awake after ${Math.round(sleptMs / 1000)} s`)
          surroundingsChanged()
        },
        onNetwork(change) {
          log.info(change, 'another network')
          box.note('network', change.gone ? 'an address gone' : 'an address come')
          surroundingsChanged()
        },
      })
      let attached = media.attached()
      let goneAt: number | null = null
      if (attached) void lookForVoice()
      const watch = setInterval(() => {
        const present = media.attached()
        if (attached && !present) {
          recovery.mediaDetached()
          box.note('page', 'gone')
          goneAt = performance.now()
        }
        if (present) goneAt = null
        else if (goneAt !== null && performance.now() - goneAt > voiceGoneAfterMs) tellVoice(false)
        attached = present
      }, attachedInterval)
      detach = [
        () => surroundings.close(),
        () => clearInterval(watch),
        media.onAttached(() => {
          attached = true
          box.pageAttached()
          recovery.mediaAttached()
          void lookForVoice()
        }),
        media.onNotice((notice) => {
          box.noticed(notice)
          if (notice.type === 'devices') microphoneTold(notice)
          else recovery.noticed(notice)
        }),
      ]
      line.start()
    },
    async stop() {
      wish = null
      const byesSaid = calls.endAll(byePatience)
      // Whatever becomes of its calls, an operator who leaves is not registered any more.
      try {
        lifetime?.abort()
        for (const undo of detach) undo()
        queue.stop()
      } finally {
        lifetime = null
        detach = []
        box.clear()
        welcome = null
        await byesSaid.catch(() => undefined)
        await line.stop()
      }
    },
    retryNow: () => line.retryNow(),
    takeOver() {
      queue.takeOver()
      line.takeOver()
    },
    calls: () => [...calls.present()],
    registration,
    agent: () => queue.view(),
    agentMemory: () => queue.memory(),
    figures: () => queue.figures(),
    answer: (callId) => settingUp.answer(callId),
    reject: (callId) => settingUp.reject(callId),
    ignore: (callId) => void calls.apply({ type: 'ignore', callId }),
    hangUp: (callId) => controls.hangUp(callId),
    hold: (callId, on) => controls.hold(callId, on),
    mute: (callId, on) => controls.mute(callId, on),
    dtmf: (callId, tones) => controls.dtmf(callId, tones),
    dial: (number) => settingUp.dial(number),
    consult: (callId, number) => settingUp.dial(number, callId),
    swap: (callId) => controls.swap(callId),
    transfer: (callId, to) => transfers.blind(callId, to),
    completeTransfer: (callId) => transfers.complete(callId),
    cancelTransfer: (callId) => controls.cancelTransfer(callId),
    conference: (callId, on) => controls.conference(callId, on),
    teams: () => configuration().teams,
    async setDesired(desired) {
      wish = desired
      if (desired.kind === 'ready') {
        const before = words
        const refused = await checkDevices().then(
          () => null,
          (fault: unknown) => ({ fault }),
        )
        if (wish !== desired) return
        if (refused) throw refused.fault
        if (words === before) tellVoice(true)
      }
      queue.desire(desired)
    },
    async finishAfterCallWork(contactId, next) {
      wish = next
      const usable = next.kind !== 'ready' || (await hasVoice())
      if (wish === null) return
      const { desired, next: reserved } = queue.view()
      if (wish !== next) queue.finishAfterCallWork(contactId, reserved ?? desired)
      else queue.finishAfterCallWork(contactId, usable ? next : { kind: 'not-ready', reason: 'technical' })
    },
    hasEcho: () => configuration().echo !== null,
    callEcho: (callId) => settingUp.callEcho(callId),
    extendAfterCallWork: (seconds) => queue.extendAfterCallWork(seconds),
    lines: () => box.views(),
    lineRecord: (callId) => box.record(callId),
    on: (event, listener) => events.on(event, listener),
  }
}
