import { expect, it } from 'vitest'
import { appointmentCode } from './appointment-code.ts'

it.each(['K7-4MQ', 'k7-4mq', 'K74MQ', ' k7 4mq ', 'k 7 4 m q', 'K7–4MQ', 'codice K7-4MQ', 'Code: k7 4mq'])(
  'reads the code of an appointment as it is said or typed: %s',
  (text) => expect(appointmentCode(text)).toBe('K7-4MQ'),
)

it('takes nothing for a code that none can be', () => {
  for (const text of ['', 'K7-4M', 'K7-4MQX', 'B7-4MQ', 'K7-4M0', 'Teresa Colombo', '020202'])
    expect(appointmentCode(text)).toBeNull()
})
