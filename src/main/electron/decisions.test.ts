import { expect, test } from 'vitest'
import {
  deviceDecision,
  headsetChoice,
  isAllowedNavigation,
  isOpenableExternally,
  isTrustedSender,
  type PermissionAsked,
  permissionDecision,
} from './decisions.ts'

test.each([
  ['app://desk/index.html', true],
  ['app://desk/index.html#ready', true],
  ['app://desk/media.html', true],
  ['app://desk/', false],
  ['app://desk/assets/x.js', false],
  ['app://desk/../index.html', true],
  ['app://desk.evil/index.html', false],
  ['app://desk:1/index.html', false],
  ['app://user@desk/index.html', false],
  ['https://desk/index.html', false],
  ['file:///etc/passwd', false],
  ['javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['about:blank', false],
  ['', false],
])('navigation to %s: %s', (url, allowed) => {
  expect(isAllowedNavigation(url)).toBe(allowed)
})

const ours = { url: 'app://desk/', isMainFrame: true }
const cases: [PermissionAsked, boolean][] = [
  [{ ...ours, permission: 'media', media: ['audio'] }, true],
  [{ ...ours, permission: 'speaker-selection' }, true],
  [{ ...ours, permission: 'media', media: ['audio', 'video'] }, false],
  [{ ...ours, permission: 'media', media: ['video'] }, false],
  [{ ...ours, permission: 'media', media: [] }, false],
  [{ ...ours, permission: 'media' }, false],
  [{ ...ours, permission: 'media', media: ['unknown'] }, false],
  [{ ...ours, isMainFrame: false, permission: 'media', media: ['audio'] }, false],
  [{ url: 'https://evil.example', isMainFrame: true, permission: 'media', media: ['audio'] }, false],
  [{ url: '', isMainFrame: true, permission: 'speaker-selection' }, false],
  [{ ...ours, permission: 'notifications' }, false],
  [{ ...ours, permission: 'geolocation' }, false],
  [{ ...ours, permission: 'clipboard-read' }, false],
  [{ ...ours, permission: 'display-capture' }, false],
  [{ ...ours, permission: 'hid' }, true],
  [{ ...ours, isMainFrame: false, permission: 'hid' }, false],
  [{ ...ours, permission: 'usb' }, false],
  [{ ...ours, permission: 'openExternal' }, false],
]
test.each(cases)('permission %j: %s', (asked, granted) => {
  expect(permissionDecision(asked)).toBe(granted)
})

test('a trusted sender is the main frame of one of our pages', () => {
  const main = { url: 'app://desk/index.html', parent: null }
  expect(isTrustedSender(main)).toBe(true)
  expect(isTrustedSender({ url: 'app://desk/media.html', parent: null })).toBe(true)
  expect(isTrustedSender({ url: 'app://desk/index.html', parent: main })).toBe(false)
  expect(isTrustedSender({ url: 'https://evil.example/', parent: null })).toBe(false)
  expect(isTrustedSender({ url: 'about:blank', parent: null })).toBe(false)
  expect(isTrustedSender(null)).toBe(false)
})

test.each([
  ['https://crm.example.it/oidc/auth?x=1', true],
  ['http://127.0.0.1:8080/oidc/auth', true],
  ['http://localhost:8080/', true],
  ['http://[::1]:8080/', true],
  ['http://crm.example.it/', false],
  ['http://127.0.0.1.evil.example/', false],
  ['https://user:pass@crm.example.it/', false],
  ['file:///bin/sh', false],
  ['smb://host/share', false],
  ['ms-msdt:/id', false],
  ['javascript:alert(1)', false],
  ['not a url', false],
])('opening %s in the browser: %s', (url, allowed) => {
  expect(isOpenableExternally(url)).toBe(allowed)
})

const headset = { deviceId: 'h', collections: [{ usagePage: 0x0c }, { usagePage: 0x0b }] }
const securityKey = { deviceId: 'k', collections: [{ usagePage: 0xf1d0 }] }
const keyboard = { deviceId: 'b', collections: [{ usagePage: 0x01 }] }

test('a page of ours gets the buttons of the first headset, and nothing else that is plugged in', () => {
  const page = 'app://desk/index.html'
  expect(headsetChoice(page, [keyboard, securityKey, headset])).toBe('h')
  expect(headsetChoice(page, [keyboard, securityKey, { deviceId: 'x' }])).toBeNull()
  expect(headsetChoice('https://evil.example/', [headset])).toBeNull()
  expect(headsetChoice(null, [headset])).toBeNull()
})

test.each([
  [{ deviceType: 'hid', origin: 'app://desk', device: headset }, true],
  [{ deviceType: 'hid', origin: 'app://desk', device: securityKey }, false],
  [{ deviceType: 'hid', origin: 'https://evil.example', device: headset }, false],
  [{ deviceType: 'usb', origin: 'app://desk', device: headset }, false],
  [{ deviceType: 'serial', origin: 'app://desk', device: {} }, false],
])('opening the device %j: %s', (asked, granted) => {
  expect(deviceDecision(asked)).toBe(granted)
})
