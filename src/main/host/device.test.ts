import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { openKeyFile } from '../loopback/key-file.ts'
import type { DeviceCredential } from '../sync/sync.ts'
import { type Device, openDevice, SealedDevice } from './device.ts'
import { SealedFile } from './sealed-file.ts'

let dir: string
let registered: DeviceCredential[]
let away: boolean
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ascolto-device-'))
  registered = []
  away = false
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** This desk after a start; `registered` has what the CRM gave out. */
async function start(): Promise<Device> {
  const file = new SealedFile(join(dir, 'device.sealed'), SealedDevice, await openKeyFile(dir))
  return openDevice(file, {
    registerDevice: async (name) => {
      expect(name).toMatch(/^.{1,120}$/)
      if (away) throw new Fault('unavailable', 'crm-away')
      const credential = { deviceId: newId(), secret: `secret ${registered.length}` }
      registered.push(credential)
      return credential
    },
  })
}

it('is registered at the first need, once, and the same after a restart', async () => {
  const device = await start()
  expect(registered).toEqual([])
  const [one, two] = await Promise.all([device.credential(), device.credential()])
  expect(registered).toEqual([one])
  expect(two).toEqual(one)
  expect(await (await start()).credential()).toEqual(one)
  expect(registered).toHaveLength(1)
  expect((await stat(join(dir, 'device.sealed'))).mode & 0o077).toBe(0)
})

it('asks again after the CRM was away', async () => {
  const device = await start()
  away = true
  await expect(device.credential()).rejects.toMatchObject({ code: 'crm-away' })
  away = false
  expect(await device.credential()).toEqual(registered[0])
})

it('is registered anew only for the one that the CRM does not know, and keeps it when that fails', async () => {
  const device = await start()
  const first = await device.credential()
  await device.renew(newId())
  expect(await device.credential()).toEqual(first)
  away = true
  await expect(device.renew(first.deviceId)).rejects.toMatchObject({ code: 'crm-away' })
  expect(await device.credential()).toEqual(first)
  away = false
  await device.renew(first.deviceId)
  expect(await device.credential()).toEqual(registered[1])
  // Somebody who still holds the old one comes late.
  await device.renew(first.deviceId)
  expect(registered).toHaveLength(2)
  expect(await (await start()).credential()).toEqual(registered[1])
})
