/** Whether the CRM is there, and how often it has come back while somebody looked. */
export type Returns = { reachable: boolean; count: number }

export const seenNow = (before: Returns, reachable: boolean): Returns =>
  before.reachable === reachable ? before : { reachable, count: reachable ? before.count + 1 : before.count }

/**
 * What was asked for before the CRM's last return, and came to nothing then or since, is asked for again: once for each return, for what was asked
 * after it says nothing of its absence. A CRM whose feed arrives and whose answers do not is not asked for ever.
 */
export const asksAgain = (now: Returns, askedAt: number): boolean => now.reachable && askedAt < now.count
