import type { Migration } from 'kysely/migration'
import { lockVisit } from './0051-taking-seats.ts'

/** What a desk booked from a lease before it heard that the office closes is an appointment: the closure cancels it, and the citizen is told. */
export const lentSeats: Migration = { up: lockVisit }
