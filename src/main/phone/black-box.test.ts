import { describe, expect, it } from 'vitest'
import type { Call } from '#contract/domain/call.ts'
import { newId } from '#contract/domain/ids.ts'
import { LineRecord, type LineView } from '#contract/domain/line-record.ts'
import { type Second, samplesOf, times } from '../../../tests/support/line-samples.ts'
import { BlackBox } from './black-box.ts'
import { ClockMap } from './clock-map.ts'
import { inspect } from './sip-text.ts'

const startedAt = Date.UTC(2026, 10, 25, 9)

function openBox() {
  const clock = { now: startedAt }
  const views: LineView[] = []
  const box = new BlackBox({ now: () => new Date(clock.now), tell: (view) => views.push(view) })
  const call: Call = {
    id: newId(),
    direction: 'inbound',
    state: 'ringing',
    remote: { number: '+393471234567', e164: '+393471234567', displayName: 'Ada Caller' },
    queue: null,
    practice: false,
    muted: false,
    media: 'none',
    startedAt: new Date(startedAt).toISOString(),
    answeredAt: null,
    endedAt: null,
    endReason: null,
  } as Call
  /** The page's clock is an hour ahead. */
  const play = (seconds: Second[], callId = call.id) => {
    for (const sample of samplesOf(seconds, clock.now + 3_600_000)) {
      clock.now += 1000
      const sentAt = sample.at
      box.noticed({ type: 'line', sentAt, deviceChanges: 0, calls: [{ callId, sample }] })
    }
  }
  return { box, clock, views, call, play }
}

const sip = (method: string, extra = '') =>
  inspect(
    `${method} sip:2001@192.0.2.7 SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\nFrom: "Ada Caller" <sip:+393471234567@192.0.2.1>;tag=1\r\nTo: <sip:2001@192.0.2.7>\r\nCall-ID: dialog-1\r\nCSeq: 1 ${method}\r\n${extra}\r\n`,
  ).envelope

describe('the black box', () => {
  it('records a call on the clock of the host, SIP that came before the call included', () => {
    const { box, clock, call, play } = openBox()
    const invite = sip('INVITE')
    if (invite) box.sip('in', invite)
    box.moved(call, 'dialog-1')
    clock.now += 2000
    box.moved({ ...call, state: 'active' }, 'dialog-1')
    play(times(20))
    box.note('network', 'changed')
    box.moved({ ...call, state: 'active', muted: true }, 'dialog-1')
    const record = box.record(call.id)
    expect(record?.samples).toHaveLength(20)
    for (const { at } of record?.samples ?? []) {
      expect(at).toBeGreaterThan(startedAt)
      expect(at).toBeLessThanOrEqual(clock.now)
    }
    expect(record?.events.map(({ kind, what }) => `${kind} ${what}`)).toEqual([
      'call ringing',
      'sip in INVITE',
      'call active',
      'device microphone live',
      'path udp host 192.0.2.0 - host 192.0.2.0',
      'path audio/PCMU',
      'network changed',
      'switch mute',
    ])
  })

  it('names nobody', () => {
    const { box, call, play } = openBox()
    box.moved(call, 'dialog-1')
    const bye = sip(
      'BYE',
      'Reason: Q.850;cause=16;text="Ada +393471234567"\r\nRetry-After: 5 (sip:ada@192.0.2.1)\r\nX-Name: Ada\r\n',
    )
    if (bye) box.sip('in', bye)
    play(times(3))
    box.moved({ ...call, state: 'ended', endReason: 'far-end' }, null)
    const text = JSON.stringify(box.record(call.id))
    expect(text).toContain('cause=16')
    expect(text).not.toMatch(/Ada|347123|2001|192\.0\.2\.[1-9]|dialog-1/)
    expect(text).not.toContain(call.id)
  })

  it('stays bounded, keeps the newest, and scores what it no longer has', () => {
    const { box, call, play } = openBox()
    box.moved({ ...call, state: 'active' }, null)
    play(times(20, { packets: 25, lost: 25 }))
    play(times(1200))
    for (let n = 0; n < 700; n++) box.note('network', `${n}`)
    const record = box.record(call.id)
    expect(record?.samples).toHaveLength(900)
    expect(record?.events).toHaveLength(400)
    expect(record?.left.samples).toBe(320)
    expect(record?.score.worstR).toBeLessThan(60)
    expect(record?.score.stretches).toBeGreaterThan(240)
    const text = JSON.stringify(LineRecord.parse(record))
    expect(text.length).toBeLessThan(1_000_000)
  })

  it('tells how the line is now, and how the whole call was', () => {
    const { box, views, call, play } = openBox()
    box.moved({ ...call, state: 'active' }, null)
    play(times(10))
    expect(views.at(-1)).toMatchObject({ ended: false, verdict: { blame: null } })
    expect(views.at(-1)?.r).toBeGreaterThan(90)
    play(times(8, { packets: 40, lost: 10 }))
    expect(views.at(-1)?.verdict.blame).toBe('network')
    expect(views.at(-1)?.r).toBeLessThan(60)
    play(times(20))
    expect(views.at(-1)?.verdict.blame).toBeNull()
    box.moved({ ...call, state: 'ended', endReason: 'far-end' }, null)
    expect(views.at(-1)).toMatchObject({ ended: true, verdict: { blame: 'network' } })
    expect(views.at(-1)?.r).toBeGreaterThan(60)
    expect(views.at(-1)?.r).toBeLessThan(90)
  })

  it('remembers the last calls that ended, and none of the operator before', () => {
    const { box, call } = openBox()
    const ids = Array.from({ length: 20 }, () => newId())
    for (const id of ids) {
      box.moved({ ...call, id }, id)
      box.moved({ ...call, id, state: 'ended', endReason: 'cancelled' }, null)
    }
    expect(ids.filter((id) => box.record(id) !== null)).toEqual(ids.slice(-8))
    box.clear()
    expect(box.views()).toEqual([])
  })
})

describe('the clock of the page', () => {
  it('is mapped by the quickest message of late, and follows when it jumps', () => {
    const map = new ClockMap()
    for (let n = 0; n < 10; n++) map.heard(1000 + n * 100, 501_000 + n * 100 + (n % 3 === 1 ? 2 : 30))
    expect(map.toHost(2000)).toBe(502_002)
    // The page's clock stood still for a minute of sleep.
    for (let n = 0; n < 30; n++) map.heard(3000 + n * 1000, 563_000 + n * 1000 + 4)
    expect(map.toHost(40_000)).toBe(600_004)
  })
})
