import { expect, test } from 'vitest'
import { isLoopbackHost } from './loopback.ts'

test.each([
  ['127.0.0.1', true],
  ['127.0.0.53', true],
  ['127.255.255.255', true],
  ['::1', true],
  ['[::1]', true],
  ['localhost', true],
  ['LOCALHOST', true],
  ['', false],
  ['localhost.', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['evil.example/127.0.0.1', false],
  ['127.0.0.1:80', false],
  ['127.0.0.1\n', false],
  ['127.0.0.256', false],
  ['127.0.0.01', false],
  ['127.1', false],
  ['1127.0.0.1', false],
  ['126.0.0.1', false],
  ['0.0.0.0', false],
  ['[::]', false],
  ['::ffff:127.0.0.1', false],
  ['[::ffff:7f00:1]', false],
  ['[::1', false],
  ['2130706433', false],
  ['0x7f000001', false],
])('%j: %s', (host, loopback) => {
  expect(isLoopbackHost(host)).toBe(loopback)
})

test.each([
  ['http://127.1/', true],
  ['http://2130706433/', true],
  ['http://0x7f.0.0.1/', true],
  ['http://LocalHost:8080/', true],
  ['http://[0:0:0:0:0:0:0:1]/', true],
  ['http://localhost./', false],
  ['http://127.0.0.1.evil.example/', false],
  ['http://evil.example@127.0.0.1/', true],
  ['http://127.0.0.1@evil.example/', false],
  ['http://0/', false],
  ['http://[::ffff:127.0.0.1]/', false],
])('the host of %s: %s', (url, loopback) => {
  expect(isLoopbackHost(new URL(url).hostname)).toBe(loopback)
})
