import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Capabilities } from '#contract/desk.ts'
import type { User } from '#contract/domain/agent.ts'
import { Fault } from '#contract/errors.ts'
import { openCache } from '../cache/cache.ts'
import { openPhone } from '../phone/phone.ts'
import { openCrmClient, openCrmHome, openSync } from '../sync/sync.ts'
import { accountsService } from './accounts.ts'
import { AgentBoard, AgentKeeper, agentService, SealedAgent } from './agent.ts'
import { appointmentsService } from './appointments.ts'
import { openDoor, type Port } from './attach.ts'
import { Callers, callerService } from './caller.ts'
import { CallBoard, callsService, phoneService } from './calls.ts'
import { changesService, openChanges } from './changes.ts'
import { citizensService } from './citizens.ts'
import { openDevice, SealedDevice } from './device.ts'
import { withoutContents } from './faults.ts'
import { FileSender } from './file-sender.ts'
import { followHeadset } from './headset.ts'
import { Holds } from './holds.ts'
import { openIssuer } from './issuer.ts'
import { LineBoard, LineRecords, lineService } from './line.ts'
import { lastAlive, lockData } from './lock.ts'
import { MediaBridge, mediaService } from './media.ts'
import { officesService } from './offices.ts'
import { oversightService } from './oversight.ts'
import type { Parts } from './parts.ts'
import { outboxService, referenceService, settingsService } from './records.ts'
import { desk } from './rpc.ts'
import { type KeyStore, SealedFile } from './sealed-file.ts'
import { SeenVisits } from './seen-visits.ts'
import { ShiftTest, selfTestService } from './self-test.ts'
import { SealedSession, SessionKeeper } from './session.ts'
import { sessionService } from './sign-in.ts'
import { Slots, slotsService } from './slots.ts'
import { SystemBoard, systemService } from './system.ts'
import { FileReads } from './ticket-files.ts'
import { ticketsService } from './tickets.ts'
import { workService } from './work.ts'
import { WorkRecorder } from './work-record.ts'

export type { KeyStore, Port }

export type HostOptions = {
  dataDir: string
  crmUrl: string
  keys: KeyStore
  capabilities: Capabilities
  /** Where the issuer sends the browser back to. Its listener hands the arrived address to `Host.completeSignIn`. */
  redirectUri(): Promise<string>
  /** Present when `capabilities.signIn` is `system-browser`. */
  openExternal?(url: string): Promise<void>
  log: Logger
  now?(): Date
}

export interface Host {
  attach(port: Port): void
  /** The callback's address with `code` and `state`. Rejects with a `Fault` when they fit no sign-in that was begun here. */
  completeSignIn(callbackUrl: string): Promise<void>
  close(): Promise<void>
}

/**
 * Rejects with `conflict: data-locked` while another process has `dataDir` open, `invalid: configuration-invalid` for a CRM that is neither
 * loopback nor TLS, `conflict: other-crm` for one that is not that of the data, and the cache's faults for an outbox that cannot be opened. A sealed session is restored before it resolves.
 */
export async function openHost(options: HostOptions): Promise<Host> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  let host: Host | null = null
  const diedAt = await lastAlive(options.dataDir)
  const release = await lockData(options.dataDir, () => {
    // Two processes would send the same commands under one stream.
    options.log.fatal('another process has taken the data folder, or it was removed; this host stops')
    void host?.close()
  })
  try {
    host = await openLocked(options, diedAt, release)
    return host
  } catch (error) {
    await release()
    throw error
  }
}

async function openLocked(
  options: HostOptions,
  diedAt: Date | null,
  release: () => Promise<void>,
): Promise<Host> {
  const { dataDir, crmUrl, keys, log } = options
  const now = options.now ?? (() => new Date())
  const issuer = openIssuer(`${crmUrl.replace(/\/$/, '')}/oidc`, now)
  const cache = openCache({ dir: dataDir, key: await keys.databaseKey(), log, now })
  const home = openCrmHome({ url: crmUrl, home: cache.home })
  if (home.isDoubtful()) {
    try {
      await home.verify()
    } catch (error) {
      if (error instanceof Fault && error.code === 'other-crm') {
        cache.close()
        throw error
      }
      log.warn({ err: withoutContents(error) }, 'whether the CRM is that of the data is asked again later')
    }
  }
  const clientFor = (accessToken: () => Promise<string>) =>
    openCrmClient({ url: crmUrl, accessToken, log, now })
  const client = clientFor(() => session.accessToken())
  const device = openDevice(new SealedFile(join(dataDir, 'device.sealed'), SealedDevice, keys), client)
  const sync = openSync({
    url: crmUrl,
    accessToken: () => session.accessToken(),
    log,
    cache,
    client,
    home,
    device: device.credential,
    renewDevice: device.renew,
    now,
    wipe: {
      async empty() {
        if (board.busy) return null
        await session.endFor(new Fault('unauthenticated', 'device-wiped'))
        await rm(join(dataDir, 'line-records'), { recursive: true, force: true })
        return cache.wipe()
      },
      done: () => device.forget(),
    },
    left: (users) => recorder.closeLeft(users),
  })
  const media = new MediaBridge(log)
  const phone = openPhone({
    media,
    credentials: () => session.sipCredentials(),
    mayBeRung: () => session.stays,
    log,
    now,
  })
  const board = new CallBoard()
  const lines = new LineBoard(phone)
  const agentKeeper = new AgentKeeper(new SealedFile(join(dataDir, 'agent.sealed'), SealedAgent, keys), log)

  const failed = (what: string) => (error: unknown) =>
    log.error({ err: withoutContents(error) }, `${what} failed`)
  const attempt = (what: string, work: () => void | Promise<void>): void => {
    void (async () => work())().catch(failed(what))
  }
  // Beginnings and ends of sessions follow each other: the phone of one is stopped before the next one's starts.
  let turn: Promise<void> = Promise.resolve()
  const inTurn = (what: string, work: () => void | Promise<void>): Promise<void> => {
    turn = turn.then(work).catch(failed(what))
    return turn
  }
  const session: SessionKeeper = new SessionKeeper({
    file: new SealedFile(join(dataDir, 'session.sealed'), SealedSession, keys),
    issuer,
    crm: clientFor,
    signIn: options.capabilities.signIn,
    redirectUri: () => options.redirectUri(),
    language: () => cache.settings.get().language,
    verifyCrm: () => home.verify(),
    openExternal: options.openExternal?.bind(options),
    busy: () => board.busy,
    wrapsUpSince: () => phone.agent().afterCallWork?.since ?? null,
    onBegin: (user: User) =>
      void inTurn('the start of a session', async () => {
        recorder.recover(user, (contactId) => board.has(contactId))
        const memory = await agentKeeper.begin(`${user.id} ${session.until()}`)
        shiftTest.restore(agentKeeper.selfTest)
        phone.start(memory)
        sync.start(user)
        fileSender.look()
        attempt('the confirmation of a session', () => session.confirm())
      }),
    // Lists of their teams, and what is offered by their roles.
    onRights: () => changes.signal.emit({ entities: ['*'] }),
    onEnd: () =>
      inTurn('the end of a session', async () => {
        try {
          await agentKeeper.pause()
          await phone.stop()
          recorder.flush()
          callers.close()
          await agentKeeper.forget()
          shiftTest.restore(null)
        } finally {
          // What colleagues and this user have left in the outbox is sent all the same.
          sync.start(null)
        }
      }),
    log,
    now,
  })
  const seen = new SeenVisits(cache)
  const parts: Parts = { cache, client: seen.listening(client), sync, phone, session, log, now }
  const callers = new Callers(parts)
  const fileSender = new FileSender(parts)
  const recorder = new WorkRecorder(parts, (contactId) => callers.forget(contactId))
  const slots = new Slots(parts)
  const holds = new Holds(parts)
  const agent = new AgentBoard(phone.agent())
  const shiftTest: ShiftTest = new ShiftTest({
    phone,
    media,
    log,
    now,
    keep: (test) => agentKeeper.keepTest(test),
  })
  const system = new SystemBoard(parts, media)
  const changes = openChanges(cache)
  const beginLookup = (callId: string): void => {
    const work = callers.has(callId) ? null : cache.work.get(callId)
    if (work && cache.work.list(session.user().id).some((mine) => mine.contactId === callId)) {
      callers.begin(callId, work.remote, work.continues)
    }
  }

  // Told of an ended call before the wrap-up that it leaves has begun.
  const settleSoon = () => setImmediate(() => attempt('the end of a session', () => session.settle()))

  const stops = [
    phone.on('call', (call) => {
      if (shiftTest.takes(call)) return
      if (call.state !== 'ringing') agent.moves()
      else if (!board.has(call.id)) agent.rings()
      // The lookup first: it is what the operator waits for. One that fails must not hide the call.
      for (const tell of [
        () => callers.begin(call.id, call.remote, call.continues),
        () => board.tell(call),
        () => recorder.tell(call),
      ]) {
        try {
          tell()
        } catch (error) {
          log.error({ callId: call.id, err: withoutContents(error) }, 'a step of a call failed')
        }
      }
      if (call.state === 'ended') settleSoon()
    }),
    followHeadset(media, phone, log),
    phone.on('agent', (view) => {
      agentKeeper.keep(phone.agentMemory())
      agent.tell(view)
      if (view.afterCallWork === null) settleSoon()
    }),
    sync.onState((state) => {
      if (state.state !== 'reachable') return
      attempt('the confirmation of a session', () => session.confirm())
      attempt('the look-up of callers', () => callers.reachable())
      fileSender.look()
    }),
    cache.onChange((notice) => {
      callers.changed(notice)
      if (notice.entities.includes('outbox')) fileSender.look()
      // So it is when the feed begins anew, as it does for other teams.
      if (notice.entities.includes('*')) attempt('the confirmation of a session', () => session.confirm())
    }),
    slots.onTurn(() => changes.signal.emit({ entities: ['slot'] })),
  ]

  const door = openDoor(
    desk.router({
      host: { capabilities: desk.host.capabilities.handler(() => options.capabilities) },
      session: sessionService(session),
      system: systemService(system, parts),
      changes: changesService(changes.signal),
      calls: callsService(board, parts),
      phone: phoneService(parts),
      agent: agentService(agent, parts, () => shiftTest.leave()),
      media: mediaService(media),
      line: lineService(lines, new LineRecords(join(dataDir, 'line-records'), now), parts),
      caller: callerService(callers, beginLookup),
      citizens: citizensService({ ...parts, callers }, beginLookup),
      work: workService({
        ...parts,
        recorder,
        callers,
        holds,
        seen,
        // How much of the person is shown follows from it.
        draftChanged: () => changes.signal.emit({ entities: ['work', 'contact'] }),
      }),
      tickets: ticketsService({
        ...parts,
        files: new FileReads(parts),
        draftChanged: () => changes.signal.emit({ entities: ['ticket'] }),
      }),
      oversight: oversightService(parts),
      offices: officesService(parts),
      accounts: accountsService(parts),
      outbox: outboxService(parts),
      reference: referenceService(parts),
      slots: slotsService(slots, session),
      selfTest: selfTestService(shiftTest, parts),
      appointments: appointmentsService(parts),
      settings: settingsService(parts, changes.signal),
    }),
    log,
  )

  attempt('the end of calls that were left', () => recorder.endLeft(diedAt))
  await session.restore()
  if (session.latest.value.phase !== 'signed-in') sync.start(null)

  const close = async (): Promise<void> => {
    door.close()
    session.close()
    await agentKeeper.pause()
    await inTurn('the end of the phone', () => phone.stop())
    for (const stop of stops) stop()
    recorder.flush()
    fileSender.close()
    await inTurn('the end of the exchange with the CRM', () => sync.stop())
    media.close()
    board.close()
    lines.close()
    agent.close()
    shiftTest.latest.close()
    changes.close()
    system.close()
    callers.close()
    cache.close()
    await release().catch((error: unknown) => log.warn({ err: withoutContents(error) }, 'nothing to unlock'))
  }
  let closing: Promise<void> | null = null
  return {
    attach: (port) => door.attach(port),
    completeSignIn: (callbackUrl) => session.complete(callbackUrl),
    close: () => {
      closing ??= close()
      return closing
    },
  }
}
