import { expect, test } from 'vitest'
import { readProxies } from './proxies.ts'

test.each<[string, string[] | null]>([
  ['', []],
  ['10.0.0.7', ['10.0.0.7']],
  [' 10.0.0.7, 10.1.0.0/16 ,2001:db8::/32', ['10.0.0.7', '10.1.0.0/16', '2001:db8::/32']],
  ['balancer.example.org', null],
  ['10.0.0.0/33', null],
  ['10.0.0.0/8/8', null],
  ['0.0.0.0/0', null],
])('%s', (list, proxies) => {
  expect(readProxies(list)).toEqual(proxies)
})
