import type { Draft } from './desk.ts'

export type Unconfirmed = 'request' | 'booking' | 'newPerson' | 'editedPerson'

const isTyped = ({ givenName, familyName, birthDate, fiscalCode }: NonNullable<Draft['newCitizen']>) =>
  [givenName, familyName, birthDate, fiscalCode].some((text) => text.trim() !== '')

/**
 * What was typed or chosen in a contact and no command has: with the contact it would be gone. A person who was typed to be created is not
 * missed where another was found.
 */
export function unconfirmedIn({
  ticket,
  booking,
  newCitizen,
  editedCitizen,
  citizenId,
}: Draft): Unconfirmed[] {
  const found: Record<Unconfirmed, boolean> = {
    request: ticket.text.trim() !== '',
    booking: booking.visit !== null,
    newPerson: citizenId === null && newCitizen !== null && isTyped(newCitizen),
    editedPerson: editedCitizen !== null,
  }
  return (Object.keys(found) as Unconfirmed[]).filter((one) => found[one])
}
