import { expect, it } from 'vitest'
import { devicesOf } from './devices.ts'

it('lists what is really plugged in, of one kind', () => {
  const all = [
    { deviceId: 'default', kind: 'audioinput' as const, label: 'Default' },
    { deviceId: 'a', kind: 'audioinput' as const, label: 'Headset' },
    { deviceId: '', kind: 'audioinput' as const, label: '' },
    { deviceId: 'b', kind: 'audiooutput' as const, label: 'Speakers' },
  ]
  expect(devicesOf(all, 'audioinput')).toEqual([{ id: 'a', label: 'Headset' }])
  expect(devicesOf(all, 'audiooutput')).toEqual([{ id: 'b', label: 'Speakers' }])
})
