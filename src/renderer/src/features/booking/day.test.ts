import { describe, expect, it } from 'vitest'
import { isUnread, readDay } from './day.ts'

describe('a day as typed', () => {
  it.each([
    ['14/3/2027', '2027-03-14'],
    ['04.03.2027', '2027-03-04'],
    [' 14 3 2027 ', '2027-03-14'],
    ['2027-03-14', '2027-03-14'],
    ['29/2/2028', '2028-02-29'],
  ])('%s is %s', (text, day) => expect(readDay(text)).toBe(day))

  it.each(['', '14/3', '14/3/27', '31/4/2027', '29/2/2027', '0/1/2027', '2027-13-01', 'domani'])(
    '%s is none',
    (text) => expect(readDay(text)).toBeNull(),
  )

  it.each(['14/3/30', '3/2030', 'domani'])('%s stands there unread', (text) =>
    expect(isUnread(text)).toBe(true),
  )

  it.each(['', ' ', '14/3/2030'])('nothing is unread in “%s”', (text) => expect(isUnread(text)).toBe(false))
})
