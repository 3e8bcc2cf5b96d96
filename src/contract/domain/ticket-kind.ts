import { z } from 'zod'

/** Kinds by law (complaint procedures, L. 241/1990), not tags. */
export const ticketKinds = [
  'information',
  'verification',
  'suggestion',
  'complaint',
  'report',
  'appreciation',
] as const
export const TicketKind = z.enum(ticketKinds)
export type TicketKind = z.infer<typeof TicketKind>
