import { pino } from 'pino'
import { describe, expect, it, vi } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { defaultLine } from '#contract/domain/line.ts'
import { MediaBridge } from './media.ts'

const log = pino({ level: 'silent' })
const callId = newId()
const path = defaultLine.media
const window = () => ({ windowId: newId(), takeOver: true })

describe('MediaBridge', () => {
  it('rejects what is asked while no end is attached', async () => {
    const media = new MediaBridge(log)
    expect(media.attached()).toBe(false)
    await expect(media.ask({ verb: 'close', callId })).rejects.toMatchObject({ code: 'no-media-end' })
  })

  it('hands requests over in order and matches their answers', async () => {
    const media = new MediaBridge(log)
    const requests = media.attach(window(), undefined)
    const one = media.ask({ verb: 'get-description', callId, hold: false, iceRestart: false, path })
    const two = media.ask({ verb: 'mute', callId, on: true })
    const first = await requests.next()
    const second = await requests.next()
    expect([first.value?.ask.verb, second.value?.ask.verb]).toEqual(['get-description', 'mute'])
    media.answer({ ok: true, request: second.value?.request ?? 0 })
    media.answer({ ok: true, request: first.value?.request ?? 0, sdp: 'v=0' })
    expect((await one).sdp).toBe('v=0')
    await two
  })

  it('turns a refusal of the end into its fault', async () => {
    const media = new MediaBridge(log)
    const requests = media.attach(window(), undefined)
    const asked = media.ask({ verb: 'check-devices' })
    const { value } = await requests.next()
    media.answer({
      ok: false,
      request: value?.request ?? 0,
      fault: 'microphone-denied',
      detail: 'NotAllowedError',
    })
    await expect(asked).rejects.toMatchObject({ kind: 'forbidden', code: 'microphone-denied' })
  })

  it('lets a new attachment take over: the old iterator ends with a fault, its open asks reject, late answers are dropped', async () => {
    const media = new MediaBridge(log)
    const old = media.attach(window(), undefined)
    const asked = media.ask({ verb: 'stats', callId })
    const refused = expect(asked).rejects.toMatchObject({ code: 'no-media-end' })
    const { value } = await old.next()
    const attached = vi.fn()
    media.onAttached(attached)
    const oldEnd = expect(old.next()).rejects.toMatchObject({ kind: 'conflict', code: 'media-elsewhere' })
    const fresh = media.attach(window(), undefined)
    await refused
    await oldEnd
    expect((await old.next()).done).toBe(true)
    expect(attached).toHaveBeenCalledOnce()
    media.answer({ ok: true, request: value?.request ?? 0 })
    const again = media.ask({ verb: 'stats', callId })
    const handed = await fresh.next()
    expect(handed.value?.request).toBeGreaterThan(value?.request ?? 0)
    media.answer({ ok: true, request: handed.value?.request ?? 0, stats: null })
    await again
  })

  it('hands over what a listener asks while it hears of the attachment', async () => {
    const media = new MediaBridge(log)
    media.onAttached(() => {
      media.ask({ verb: 'ring', callId }).catch(() => undefined)
    })
    const { value } = await media.attach(window(), undefined).next()
    expect(value?.ask).toEqual({ verb: 'ring', callId })
    media.close()
  })

  it('is without an end again when the page is gone', async () => {
    const media = new MediaBridge(log)
    const gone = new AbortController()
    const requests = media.attach(window(), gone.signal)
    const asked = media.ask({ verb: 'stats', callId })
    const refused = expect(asked).rejects.toMatchObject({ code: 'no-media-end' })
    gone.abort()
    await refused
    expect(media.attached()).toBe(false)
    expect((await requests.next()).done).toBe(true)
  })

  it('refuses a second window unless it takes over, and tells both whose the voice is', async () => {
    const media = new MediaBridge(log)
    const [first, second] = [newId(), newId()]
    const owners = media.watch(undefined)
    expect((await owners.next()).value).toEqual({ windowId: null })
    const old = media.attach({ windowId: first, takeOver: false }, undefined)
    expect((await owners.next()).value).toEqual({ windowId: first })
    expect(() => media.attach({ windowId: second, takeOver: false }, undefined)).toThrow(
      expect.objectContaining({ kind: 'conflict', code: 'media-elsewhere' }),
    )
    const ended = expect(old.next()).rejects.toMatchObject({ code: 'media-elsewhere' })
    const fresh = media.attach({ windowId: second, takeOver: true }, undefined)
    await ended
    expect((await owners.next()).value).toEqual({ windowId: second })
    await fresh.return?.()
    expect((await owners.next()).value).toEqual({ windowId: null })
  })

  it('rejects an ask that is not answered in time', async () => {
    const media = new MediaBridge(log)
    media.attach(window(), undefined)
    await expect(media.ask({ verb: 'stats', callId }, 5)).rejects.toMatchObject({ code: 'no-media-end' })
  })
})
