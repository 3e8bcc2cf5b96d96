import { expect, test } from 'vitest'
import { readArguments, writeArguments } from './arguments.ts'

test.each([
  [['electron', '.', '--crm', 'http://127.0.0.1:1', '--data', '/d'], 'http://127.0.0.1:1', '/d'],
  [
    ['electron', '--no-sandbox', '.', '--crm=https://crm.example.it', '--data=/d'],
    'https://crm.example.it',
    '/d',
  ],
  [['Ascolto', '--crm=https://crm.example.it'], 'https://crm.example.it', null],
  [['electron', '.', '--crm'], null, null],
  [['electron', '.', '--crm=ftp://crm.example.it'], null, null],
  [['electron', '.', '--crm=crm.example.it', '--data='], null, null],
])('%j', (argv, crmUrl, dataDir) => {
  expect(readArguments(argv)).toEqual({ crmUrl, dataDir })
})

test.each([
  [{ crmUrl: 'http://127.0.0.1:1', dataDir: '/a folder/--crm=x' }, []],
  [{ crmUrl: 'https://crm.example.it/a?b=c', dataDir: null }, ['--no-sandbox', '--lang=it-IT']],
  [{ crmUrl: null, dataDir: '/d' }, ['--use-fake-device-for-media-stream']],
  [{ crmUrl: null, dataDir: null }, []],
])('what is written is read back: %j', (asked, switches) => {
  expect(readArguments(['electron', ...writeArguments('/repo', asked, switches)])).toEqual(asked)
})
