import type { Draft } from '#contract/desk.ts'

/** Nothing that somebody wrote is lost: of two texts, the longer when it continues the other, else both. */
export function mergeText(base: string, mine: string, theirs: string): string {
  if (mine === base || mine === theirs) return theirs
  if (theirs === base) return mine
  if (mine.startsWith(theirs)) return mine
  if (theirs.startsWith(mine)) return theirs
  return `${theirs}\n${mine}`
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const pick = <T>(base: T, mine: T, theirs: T): T => (same(mine, base) ? theirs : mine)

/** Three-way merge of a draft: what I changed since `base` wins, field by field; texts are kept both. */
export function mergeDraft(base: Draft, mine: Draft, theirs: Draft): Draft {
  return {
    citizenId: pick(base.citizenId, mine.citizenId, theirs.citizenId),
    identification: pick(base.identification, mine.identification, theirs.identification),
    note: mergeText(base.note, mine.note, theirs.note),
    booking: pick(base.booking, mine.booking, theirs.booking),
    ticket: {
      kind: pick(base.ticket.kind, mine.ticket.kind, theirs.ticket.kind),
      topicId: pick(base.ticket.topicId, mine.ticket.topicId, theirs.ticket.topicId),
      text: mergeText(base.ticket.text, mine.ticket.text, theirs.ticket.text),
    },
    wrapUp: {
      topicId: pick(base.wrapUp.topicId, mine.wrapUp.topicId, theirs.wrapUp.topicId),
      outcome: pick(base.wrapUp.outcome, mine.wrapUp.outcome, theirs.wrapUp.outcome),
      triedBefore: pick(base.wrapUp.triedBefore, mine.wrapUp.triedBefore, theirs.wrapUp.triedBefore),
    },
    newCitizen: pick(base.newCitizen, mine.newCitizen, theirs.newCitizen),
  }
}
