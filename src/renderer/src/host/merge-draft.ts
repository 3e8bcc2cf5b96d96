import type { Draft } from '#contract/desk.ts'
import type { ActionDraft, TicketDraft } from '#contract/desk-tickets.ts'

/** One change of a text: what stood from `start` to `end` became `put`. */
type Change = { start: number; end: number; put: string }

function changeOf(base: string, text: string): Change {
  const shorter = Math.min(base.length, text.length)
  let start = 0
  while (start < shorter && base[start] === text[start]) start++
  let tail = 0
  while (tail < shorter - start && base.at(-1 - tail) === text.at(-1 - tail)) tail++
  return { start, end: base.length - tail, put: text.slice(start, text.length - tail) }
}

/**
 * Both texts were made from `base`. Changes in different places are both made; of two insertions at one place theirs stands first.
 * Where both rewrote the same words, both versions of them are kept.
 */
export function mergeText(base: string, mine: string, theirs: string): string {
  if (mine === base || mine === theirs) return theirs
  if (theirs === base) return mine
  const own = changeOf(base, mine)
  const other = changeOf(base, theirs)
  if (other.end <= own.start)
    return (
      base.slice(0, other.start) +
      other.put +
      base.slice(other.end, own.start) +
      own.put +
      base.slice(own.end)
    )
  if (own.end <= other.start)
    return (
      base.slice(0, own.start) +
      own.put +
      base.slice(own.end, other.start) +
      other.put +
      base.slice(other.end)
    )
  const [start, end] = [Math.min(own.start, other.start), Math.max(own.end, other.end)]
  const version = ({ start: from, end: to, put }: Change) =>
    base.slice(start, from) + put + base.slice(to, end)
  return `${base.slice(0, start)}${version(other)} ${version(own)}${base.slice(end)}`
}

/** The same of what is typed for a request. */
export const mergeTicketDraft = (base: TicketDraft, mine: TicketDraft, theirs: TicketDraft): TicketDraft => ({
  note: mergeText(base.note, mine.note, theirs.note),
  message: mergeText(base.message, mine.message, theirs.message),
  channel: pick(base.channel, mine.channel, theirs.channel),
  answers: pick(base.answers, mine.answers, theirs.answers),
  action: mergeAction(base.action, mine.action, theirs.action),
})

type Action = ActionDraft | null

/** In one form what is written is kept both; of two different ones mine stays. */
function mergeAction(base: Action, mine: Action, theirs: Action): Action {
  if (mine === null || theirs?.name !== mine.name) return pick(base, mine, theirs)
  const before = base?.name === mine.name ? base : { reason: '', reference: '' }
  return {
    ...(same(mine, base) ? theirs : mine),
    reason: mergeText(before.reason, mine.reason, theirs.reason),
    reference: mergeText(before.reference, mine.reference, theirs.reference),
  }
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const pick = <T>(base: T, mine: T, theirs: T): T => (same(mine, base) ? theirs : mine)

/** One person cannot be known by what another was asked. */
const whoOf = ({ citizenId, identification, choice }: Draft) => ({ citizenId, identification, choice })

/** It is said of who speaks: with another person it is the other draft's. */
const spokenForIn = (base: Draft, mine: Draft, theirs: Draft): Draft['onBehalfOf'] => {
  if (mine.citizenId === theirs.citizenId) return pick(base.onBehalfOf, mine.onBehalfOf, theirs.onBehalfOf)
  return pick(whoOf(base), whoOf(mine), whoOf(theirs)).citizenId === mine.citizenId
    ? mine.onBehalfOf
    : theirs.onBehalfOf
}

/** Three-way merge of a draft: what I changed since `base` wins, field by field; texts are kept both. */
export function mergeDraft(base: Draft, mine: Draft, theirs: Draft): Draft {
  return {
    ...pick(whoOf(base), whoOf(mine), whoOf(theirs)),
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
      triedDetail: mergeText(base.wrapUp.triedDetail, mine.wrapUp.triedDetail, theirs.wrapUp.triedDetail),
    },
    onBehalfOf: spokenForIn(base, mine, theirs),
    newCitizen: pick(base.newCitizen, mine.newCitizen, theirs.newCitizen),
    editedCitizen: pick(base.editedCitizen, mine.editedCitizen, theirs.editedCitizen),
  }
}
