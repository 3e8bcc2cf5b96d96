import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { Call, type CallContext, type CallEnd, type CallState, type Person } from './calls/call.ts'
import { Dialling } from './calls/dialling.ts'
import { type Library, openLibrary } from './citizens/library.ts'
import { Scenario } from './citizens/scenario.ts'
import { Arrivals } from './control/arrivals.ts'
import { CallLog } from './control/call-log.ts'
import { openServer } from './control/server.ts'
import { Ticker } from './media/ticker.ts'
import { AgentDoor } from './queue/agent-door.ts'
import type { AgentEvent } from './queue/agent-state.ts'
import { QueueEngine } from './queue/engine.ts'
import { credentialFor } from './sip/credentials.ts'
import { Exchange } from './sip/exchange.ts'

export const lineName = 'Linea di esercitazione'
/** The one that the CRM issues credentials for, unless it is told otherwise. */
export const defaultRealm = 'practice.ascolto.invalid'

export type LineOptions = {
  /** 0: a free one. */
  port: number
  /** Shared with the CRM, which issues the time-limited credentials. */
  sipSecret: string
  log: Logger
  realm?: string
  /** Scenarios, persons and sounds; those of `resources/practice` unless given. */
  library?: Library
  /** Extension to password, beside the time-limited credentials. */
  staticUsers?: Record<string, string>
  /** How long an operator's desk rings. */
  ringTimeoutMs?: number
  /** How long a caller is kept when the desk's connection is lost. */
  parkMs?: number
  /** How long a citizen's phone rings who is called. */
  answerAfterMs?: number
}

export type CallStats = {
  /** Packets of the operator's voice that the citizen heard, and of the citizen's that went to the desk. */
  receivedPackets: number
  sentPackets: number
  /** Of the operator's voice at the citizen's ear, 0 to 1: the last second, and the highest so far. */
  receivedLevel: number
  highestLevel: number
  /** What the citizen hears while nobody speaks to them, and how many packets of it. */
  ambient: 'announcement' | 'hold-tune' | null
  ambientPackets: number
  linesSaid: number
}

export type CallHandle = {
  readonly id: string
  readonly state: CallState
  readonly end: CallEnd | null
  /** The operator's extension, once one is rung. */
  readonly extension: string | null
  /** DTMF that the operator sent. */
  readonly digits: string
  /** Called after every change of state or digits; returns the way to stop that. */
  on(listener: (call: CallHandle) => void): () => void
  mediaStats(): CallStats
  hangUp(): void
}

export type Line = {
  sipUrl: string
  queueUrl: string
  controlUrl: string
  controlToken: string
  /** A simulated citizen calls. Throws for an unknown scenario. */
  place(scenarioId: string, overrides?: Partial<Scenario>): CallHandle
  /** Calls that are not over, those dialled by operators included. */
  calls(): CallHandle[]
  /** SIP frames that were refused or broke the parser. */
  refusedFrames(): number
  close(): Promise<void>
}

/** Opens the practice line on 127.0.0.1. */
export async function openLine(options: LineOptions): Promise<Line> {
  const { log, ringTimeoutMs = 20_000, parkMs = 10_000, answerAfterMs = 1_500 } = options
  const library = options.library ?? openLibrary()
  const realm = options.realm ?? defaultRealm
  const staticUsers = new Map(Object.entries(options.staticUsers ?? {}))
  const ticker = new Ticker()
  const calls = new Map<string, Call>()
  const listeners = new Map<string, Set<(call: CallHandle) => void>>()
  const callLog = new CallLog()
  let closing = false

  const engine = new QueueEngine({
    offer(callId, extension) {
      const call = calls.get(callId)
      const binding = exchange.binding(extension)
      if (call && binding) call.ring(binding)
    },
    state: (extension, state) => door.tellState(extension, state),
    figures: (figures) => door.tellFigures(figures),
  })

  const agent = (extension: string, event: AgentEvent): void => {
    if (!closing) engine.apply(extension, event)
  }

  const door = new AgentDoor({
    lineName,
    log,
    credential: (username) =>
      credentialFor(username, { secret: options.sipSecret, nowSeconds: Date.now() / 1000, staticUsers }),
    apply: agent,
    state: (extension) => engine.state(extension),
    figures: () => engine.figures(),
  })

  const exchange = new Exchange({
    realm,
    secret: options.sipSecret,
    staticUsers,
    log,
    onRegistered(binding) {
      for (const call of calls.values()) call.registered(binding)
      agent(binding.extension, { type: 'registered' })
    },
    onUnregistered(extension, why) {
      log.info({ why }, 'an extension is no longer registered')
      agent(extension, { type: 'unregistered' })
    },
    onConnectionLost() {
      if (closing) return
      for (const call of [...calls.values()]) call.connectionLost()
      dialling.connectionLost()
    },
    onInvite: (invitation, extension) => dialling.invited(invitation, extension),
  })

  const context: CallContext = {
    exchange,
    ticker,
    sound: library.sound,
    ringTimeoutMs,
    parkMs,
    agent,
    join(call: Call) {
      if (!closing) engine.join(call.id, call.startedAt)
    },
    leave: (call: Call) => engine.leave(call.id),
    referred: (call, leg, referral) => dialling.referred(call, leg, referral),
    changed(call: Call) {
      callLog.add(call)
      for (const listener of [...(listeners.get(call.id) ?? [])]) listener(handleOf(call))
      if (call.state === 'ended') {
        calls.delete(call.id)
        listeners.delete(call.id)
      }
    },
  }

  function handleOf(call: Call): CallHandle {
    return {
      id: call.id,
      get state() {
        return call.state
      },
      get end() {
        return call.end
      },
      get extension() {
        return call.extension
      },
      get digits() {
        return call.digits
      },
      on(listener) {
        const set = listeners.get(call.id) ?? new Set()
        listeners.set(call.id, set.add(listener))
        return () => set.delete(listener)
      },
      mediaStats: () => ({
        receivedPackets: call.citizen.heardFrames,
        sentPackets: call.sentPackets,
        receivedLevel: call.citizen.recentLevel(),
        highestLevel: call.citizen.highestLevel,
        ambient: call.ambient,
        ambientPackets: call.ambientPackets,
        linesSaid: call.citizen.linesSaid,
      }),
      hangUp: () => call.hangUp('citizen'),
    }
  }

  function place(scenarioId: string, overrides: Partial<Scenario> = {}): CallHandle {
    const found = library.scenarios.find((candidate) => candidate.id === scenarioId)
    if (!found) throw new Error(`no scenario ${scenarioId}`)
    const scenario = Scenario.parse({ ...found, ...overrides })
    const person: Person = {
      number: scenario.number,
      displayName: scenario.displayName,
      scenarioId,
      lines: scenario.lines,
      hangsUp: scenario.hangUp === 'self',
      divertedFrom: scenario.divertedFrom,
      deafToNewOffers: scenario.deafToNewOffers,
    }
    const call = new Call(context, person, {
      queue: scenario.queue,
      reason: scenario.queueReason,
      patienceSeconds: scenario.patienceSeconds,
      ringSeconds: scenario.hangUp === 'while-ringing' ? scenario.ringSeconds : null,
    })
    calls.set(call.id, call)
    call.queueUp()
    return handleOf(call)
  }

  const dialling = new Dialling({
    exchange,
    engine,
    library,
    calls: context,
    answerAfterMs,
    live: () => [...calls.values()],
    add(call) {
      calls.set(call.id, call)
      callLog.add(call)
    },
  })

  const arrivals = new Arrivals({
    scenarioIds: library.scenarios.map((scenario) => scenario.id),
    waiting: () => engine.figures().waiting,
    place: (scenarioId) => place(scenarioId),
  })
  const controlToken = randomBytes(24).toString('base64url')
  await exchange.start()
  const server = await openServer({
    port: options.port,
    token: controlToken,
    log,
    onSip: (socket) => exchange.addSocket(socket),
    onAgent: (socket) => door.add(socket),
    control: {
      scenarios: library.scenarios,
      call: (scenarioId) => place(scenarioId).id,
      setRate: (perMinute) => arrivals.setRate(perMinute),
      state: () => ({
        rate: arrivals.rate,
        figures: engine.figures(),
        agents: engine.states(),
        calls: [...calls.values()].map((call) => ({
          id: call.id,
          scenario: call.person.scenarioId,
          state: call.state,
          extension: call.extension,
          startedAt: new Date(call.startedAt).toISOString(),
          heard: { packets: call.citizen.heardFrames, level: call.citizen.recentLevel() },
        })),
        log: callLog.entries(),
        refusedFrames: exchange.refusedFrames,
      }),
    },
  })

  return {
    sipUrl: `ws://127.0.0.1:${server.port}/sip`,
    queueUrl: `ws://127.0.0.1:${server.port}/agent`,
    controlUrl: `http://127.0.0.1:${server.port}/`,
    controlToken,
    place,
    calls: () => [...calls.values()].map(handleOf),
    refusedFrames: () => exchange.refusedFrames,
    async close() {
      arrivals.setRate(0)
      for (const call of [...calls.values()]) call.hangUp('line-closed')
      dialling.close()
      closing = true
      door.close()
      await exchange.close()
      ticker.stop()
      await server.close()
    },
  }
}
