import { expect, it } from 'vitest'
import { inOrder } from './order.ts'

it('puts what asks for a choice on top and counts the reads', () => {
  const entry = (id: number, name: string, state: 'pending' | 'sent' | 'refused' | 'failed') => ({
    id,
    state,
    request: { name },
  })
  const { entries, reads } = inOrder([
    entry(1, 'contact.open', 'sent'),
    entry(2, 'citizen.read', 'pending'),
    entry(3, 'appointment.book', 'refused'),
    entry(4, 'citizen.read', 'failed'),
    entry(5, 'ticket.open', 'pending'),
    entry(6, 'citizen.read', 'sent'),
  ])
  expect(entries.map(({ id }) => id)).toEqual([3, 4, 1, 5])
  expect(reads).toBe(2)
})
