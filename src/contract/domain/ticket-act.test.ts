import { describe, expect, test } from 'vitest'
import type { Role } from './agent.ts'
import { newId } from './ids.ts'
import { clockOn, lawBook, lawTerm } from './reply-term.ts'
import { mostExtensions, mostLinks, mostStops, Ticket, type TicketStatus, ticketMayBecome } from './ticket.ts'
import { actOn, factsOf, type HeldAction, isDeedOf, type TicketRefusal } from './ticket-act.ts'

const [me, contact] = ['019ab000-0000-7000-8000-000000000001', '019ab000-0000-7000-8000-000000000002']
const fresh: Ticket = {
  ...{ id: '019ab000-0000-7000-8000-000000000003', version: 1, protocol: 'R-2026-000001' },
  ...{ kind: 'complaint', topicId: 'waste-tax', text: 'x', citizenId: null, contactId: null },
  ...{ linkedContacts: [], status: 'new', receivedAt: '2026-11-02T09:00:00.000Z', dueOn: '2026-12-02' },
  ...{ clock: { suspensions: [], extensions: [], steps: [] }, team: 'taxes', rerouted: 0, reopened: 0 },
  ...{ assigneeId: null, assigneeName: null, answeredAt: null, closedFor: null, reference: null },
  ...{ metAt: null, unsent: false },
}
const at = (day: string, role: Role = 'specialist') => ({
  ...{ book: lawBook, at: `${day}T10:00:00.000Z`, assigneeName: 'Anna Riva', roles: [role] },
})
/** The request after these actions, each on its day. */
const having = (...steps: [day: string, HeldAction][]): Ticket =>
  steps.reduce((ticket, [day, action]) => {
    const step = actOn(ticket, action, at(day))
    if (!step.ok) throw new Error(`${action.do}: ${step.refusal}`)
    return step.ticket
  }, fresh)

const move = (
  to: 'in-progress' | 'waiting-citizen' | 'resolved' | 'closed',
  reason: string | null = null,
  closedFor: Ticket['closedFor'] = null,
): HeldAction => ({ do: 'move', to, reason, closedFor })
const start = move('in-progress')
const wait = move('waiting-citizen', 'mancano i documenti')
const answer: HeldAction = { do: 'tell', channel: 'phone', text: 'Ecco.', answers: true }
const mail: HeldAction = { ...answer, channel: 'email' }
const handOver = (team: string, reference: string | null = null): HeldAction => ({
  ...{ do: 'hand-over', team, reason: 'non è nostra', reference },
})
const named = (citizenId: string): Ticket => ({ ...fresh, citizenId })
const suspend: HeldAction = { do: 'suspend', reason: 'attesa di un parere' }
const resume: HeldAction = { do: 'resume' }
const refusedAs = (refusal: TicketRefusal) => ({ ok: false, refusal })
const extend = (days: number, from?: string): HeldAction => ({
  ...{ do: 'extend', days, reason: 'sopralluogo' },
  ...(from ? { from } : {}),
})

/** Each state, reached by what may be done. */
const inState: Record<TicketStatus, Ticket> = {
  new: fresh,
  'in-progress': having(['2026-11-03', start]),
  'waiting-citizen': having(['2026-11-03', wait]),
  answered: having(['2026-11-03', answer]),
  resolved: having(['2026-11-03', answer], ['2026-11-04', move('resolved')]),
  closed: having(['2026-11-03', answer], ['2026-11-04', move('closed')]),
}
const reopened = having(['2026-11-03', answer], ['2026-11-04', move('in-progress', 'non ha risolto')])
const states = Object.keys(inState) as TicketStatus[]

describe('states', () => {
  test.each(states.flatMap((from) => states.map((to) => [from, to] as const)))('%s to %s', (from, to) => {
    const action = to === 'answered' ? answer : to === 'new' ? null : move(to, 'perché', 'withdrawn')
    if (!action) return expect(ticketMayBecome(from, to)).toBe(false)
    const step = actOn(inState[from], action, at('2026-11-05'))
    expect(step.ok).toBe(ticketMayBecome(from, to))
    if (step.ok) expect(step.ticket.status).toBe(to)
    else expect(step.refusal).toBe('illegal-move')
  })

  test('an answer is not a solution, and the first one stays when it is reopened and answered again', () => {
    const answered = having(['2026-11-10', answer])
    expect(answered).toMatchObject({ status: 'answered', answeredAt: '2026-11-10T10:00:00.000Z' })
    const again = having(
      ['2026-11-10', answer],
      ['2026-11-12', move('in-progress', 'non ha risolto')],
      ['2026-11-20', answer],
    )
    expect(again).toMatchObject({ reopened: 1, answeredAt: '2026-11-10T10:00:00.000Z', dueOn: '2026-12-02' })
  })

  const clock = (ticket: Ticket, day: string) => clockOn(factsOf(ticket), lawBook, day)

  test('what the CRM is to send meets no term before it has gone out, and may be told by another way', () => {
    const written = having(['2026-11-10', mail], ['2026-11-11', move('closed')])
    expect(written).toMatchObject({ unsent: true, metAt: null })
    expect(clock(written, '2026-12-03')).toMatchObject({ state: 'late', days: -1, unsent: true })
    const told = having(['2026-11-10', mail], ['2026-11-11', move('closed')], ['2026-11-20', answer])
    expect(told).toMatchObject({ status: 'closed', unsent: false, metAt: '2026-11-20T10:00:00.000Z' })
    expect(clock(told, '2026-12-03')).toMatchObject({ state: 'met', days: 12, unsent: false })
    expect(actOn(told, answer, at('2026-11-21'))).toEqual({ ok: false, refusal: 'illegal-move' })
  })

  test('one that is reopened has its term again, from its receipt, and may be stopped', () => {
    const again = having(['2026-11-10', answer], ['2026-11-12', move('in-progress', 'non ha risolto')])
    expect(clock(again, '2026-11-12')).toMatchObject({ state: 'running', days: 20, dueOn: '2026-12-02' })
    expect(clock(again, '2026-12-05')).toMatchObject({ state: 'late', days: -3 })
    expect(actOn(again, wait, at('2026-11-13'))).toMatchObject({ ok: true, deed: { clock: 'stopped' } })
    expect(actOn(again, extend(10), at('2026-11-13'))).toMatchObject({ ok: true })
    const answered = actOn(again, answer, at('2026-12-05'))
    expect(answered.ok && clock(answered.ticket, '2027-01-01')).toMatchObject({ state: 'met', days: -3 })
  })

  test('one that was withdrawn is never late', () => {
    const ended = having(['2026-11-05', move('closed', null, 'withdrawn')])
    expect(clock(ended, '2027-03-01')).toMatchObject({ state: 'ended', days: 0 })
  })

  test('one that was told something is not answered by that', () => {
    expect(having(['2026-11-10', { ...answer, answers: false } as HeldAction])).toMatchObject({
      ...{ status: 'new', answeredAt: null },
    })
  })
})

test.each<[string, Ticket, HeldAction, TicketRefusal]>([
  ['a wait without a reason', fresh, move('waiting-citizen'), 'needs-reason'],
  ['a reopening without a reason', inState.closed, move('in-progress'), 'needs-reason'],
  ['an end without answer and without a reason', fresh, move('closed'), 'needs-reason'],
  ['an end without another answer after a reopening', reopened, move('closed'), 'needs-reason'],
  ['handed over, without its number there', fresh, move('closed', null, 'handed-over'), 'needs-reason'],
  ['to the team that has it', fresh, handOver('taxes'), 'same'],
  ['over when it is closed', inState.closed, handOver('fines'), 'closed'],
  ['given to somebody when it is closed', inState.closed, { do: 'assign', assigneeId: me }, 'closed'],
  [
    'handed over by who does not know that it was',
    having(['2026-11-03', handOver('fines')]),
    { ...handOver('local-police'), from: 'taxes' } as HeldAction,
    'changed',
  ],
  [
    'extended by who does not know that it was',
    having(['2026-11-03', extend(30, '2026-12-02')]),
    extend(30, '2026-12-02'),
    'changed',
  ],
  [
    'classified by who knew it under another category',
    having(['2026-11-03', { do: 'classify', kind: 'report', topicId: 'noise', reason: 'è rumore' }]),
    {
      ...{ do: 'classify', kind: 'verification', topicId: 'fines', reason: 'è una multa' },
      from: { kind: 'complaint', topicId: 'waste-tax' },
    },
    'changed',
  ],
  [
    'taken by who does not know that a colleague has it',
    having(['2026-11-03', { do: 'assign', assigneeId: me }]),
    { do: 'assign', assigneeId: contact, from: null },
    'changed',
  ],
  ['of whom it is already', named(me), { do: 'identify', citizenId: me, reason: 'x' }, 'same'],
  [
    'given to a person by who does not know that it is somebody’s',
    named(me),
    { do: 'identify', citizenId: contact, reason: null, from: null },
    'changed',
  ],
  [
    'another’s without a reason',
    named(me),
    { do: 'identify', citizenId: contact, reason: null },
    'needs-reason',
  ],
  ['nobody’s without a reason', named(me), { do: 'identify', citizenId: null, reason: null }, 'needs-reason'],
  [
    'to the body that has it, under the number that is known',
    having(['2026-11-03', handOver('city-care', 'SEG-77')]),
    handOver('city-care', 'SEG-77'),
    'same',
  ],
  ['taken from nobody', fresh, { do: 'assign', assigneeId: null }, 'same'],
  ['a clock that stands stopped again', having(['2026-11-03', suspend]), suspend, 'stopped'],
  ['a clock that runs told to go on', fresh, resume, 'running'],
  ['the clock of an answered one stopped', inState.answered, suspend, 'met'],
  ['an answered one given more time', inState.answered, extend(5), 'met'],
  ['more time than the rule has', fresh, extend(61), 'exhausted'],
  [
    'stopped twice under a rule that allows one',
    having(['2026-11-03', suspend], ['2026-11-04', resume]),
    suspend,
    'exhausted',
  ],
  [
    'the same contact linked twice',
    having(['2026-11-03', { do: 'link', contactId: contact }]),
    { do: 'link', contactId: contact },
    'same',
  ],
  [
    'the category that it has',
    fresh,
    { do: 'classify', kind: 'complaint', topicId: 'waste-tax', reason: 'x' },
    'same',
  ],
])('refused: %s', (_what, ticket, action, refusal) => {
  expect(actOn(ticket, action, at('2026-11-10'))).toEqual({ ok: false, refusal })
})

test.each<[string, HeldAction]>([
  ['stopped', suspend],
  ['extended', extend(5)],
])('a term that is over is not %s', (_what, action) => {
  expect(actOn(fresh, action, at('2026-12-03'))).toEqual({ ok: false, refusal: 'expired' })
})

describe('the clock', () => {
  test('waiting for the citizen stops it, and going on adds the days', () => {
    const waiting = having(['2026-11-10', wait])
    expect(waiting.clock.suspensions).toEqual([
      { from: '2026-11-10', to: null, reason: 'mancano i documenti', waiting: true },
    ])
    const on = having(['2026-11-10', wait], ['2026-11-20', start])
    expect(on.dueOn).toBe('2026-12-12')
    expect(on.clock.steps.map(({ step }) => step)).toEqual(['received', 'term', 'suspended'])
  })

  test('an answer to one that waits ends the wait', () => {
    const done = having(['2026-11-10', wait], ['2026-11-20', answer])
    expect(done.clock.suspensions[0]?.to).toBe('2026-11-20')
    expect(done).toMatchObject({ status: 'answered', dueOn: '2026-12-12' })
  })

  test('who may not stop it has a request wait all the same, and it runs', () => {
    const step = actOn(fresh, wait, at('2026-11-10', 'operator'))
    expect(step).toMatchObject({
      ok: true,
      ticket: { status: 'waiting-citizen', clock: { suspensions: [] }, dueOn: '2026-12-02' },
      deed: { clock: null },
    })
    // Whoever is told what was waited for has it go on, for the citizen's good.
    expect(actOn(inState['waiting-citizen'], start, at('2026-11-10', 'operator'))).toMatchObject({
      ...{ ok: true, deed: { clock: 'resumed' } },
    })
  })

  test('a wait that is taken back on the same day leaves the one that the law gives', () => {
    const slip = having(['2026-11-10', wait], ['2026-11-10', start])
    expect(slip.dueOn).toBe('2026-12-02')
    const again = actOn(slip, suspend, at('2026-11-12'))
    expect(again).toMatchObject({ ok: true, deed: { did: 'stopped' } })
    const whole = having(['2026-11-10', wait], ['2026-11-11', start])
    expect(actOn(whole, suspend, at('2026-11-12'))).toEqual({ ok: false, refusal: 'exhausted' })
  })

  test('a second wait, beyond the rule, waits and lets it run', () => {
    const again = having(['2026-11-10', wait], ['2026-11-12', start], ['2026-11-15', wait])
    expect(again.status).toBe('waiting-citizen')
    expect(again.clock.suspensions).toHaveLength(1)
    expect(again.dueOn).toBe('2026-12-04')
  })

  test('stopped within the time that it was given more, it stands, and gains what it stood for', () => {
    const extended: [string, HeldAction] = ['2026-11-10', extend(30)]
    const standing = having(extended, ['2026-12-10', suspend])
    expect(standing.clock.steps.at(-2)).toMatchObject({ step: 'suspended', from: '2026-12-10', beyond: 0 })
    expect(having(extended, ['2026-12-10', suspend], ['2026-12-30', resume]).dueOn).toBe('2027-01-21')
  })

  test('another team has the same time left, however often', () => {
    const sent = having(
      ['2026-11-10', handOver('fines')],
      ['2026-11-12', handOver('local-police')],
      ['2026-11-30', handOver('taxes')],
    )
    expect(sent).toMatchObject({ team: 'taxes', rerouted: 3, dueOn: '2026-12-02', assigneeId: null })
  })

  test('another category counts from the same receipt', () => {
    const other = having([
      '2026-11-20',
      { do: 'classify', kind: 'report', topicId: 'noise', reason: 'è rumore' },
    ])
    expect(other).toMatchObject({ kind: 'report', topicId: 'noise', dueOn: '2026-12-02' })
  })
})

test('it holds no more than can be read: contacts, stops, extensions', () => {
  const links = Array.from({ length: mostLinks }, () => newId())
  const linked = { ...fresh, linkedContacts: links }
  expect(actOn(linked, { do: 'link', contactId: newId() }, at('2026-11-10'))).toEqual(refusedAs('full'))
  const generous = { id: 'generous', suspension: { times: null, days: 365 }, extensionDays: 365 }
  const book = { ...lawBook, terms: { ...lawBook.terms, rules: [{ ...lawTerm, ...generous }] } }
  const slips = Array.from({ length: mostStops }, () => ({
    ...{ from: '2026-11-03', to: '2026-11-03' },
    reason: 'x',
  }))
  const more = Array.from({ length: mostExtensions }, () => ({ on: '2026-11-03', days: 1, reason: 'x' }))
  const clock = { suspensions: slips, extensions: more, steps: [] }
  const context = { ...at('2026-11-10'), book }
  for (const action of [suspend, extend(1)])
    expect(actOn({ ...fresh, clock }, action, context)).toEqual(refusedAs('full'))
  expect(actOn({ ...fresh, clock }, wait, context)).toMatchObject({ ok: true, deed: { clock: null } })
  // One less, and what comes of it can be read.
  for (const action of [suspend, extend(1)]) {
    const less = { ...clock, suspensions: slips.slice(1), extensions: more.slice(1) }
    const step = actOn({ ...fresh, clock: less }, action, context)
    expect(step.ok && Ticket.safeParse(step.ticket).success).toBe(true)
  }
})

test.each<[string, HeldAction, Ticket]>([
  ['a move', start, fresh],
  ['an end for a reason', move('closed', 'lo dice lui', 'withdrawn'), fresh],
  [
    'an end after an answer, with a reason that is not kept',
    move('closed', null, 'withdrawn'),
    inState.answered,
  ],
  ['a note', { do: 'note', text: 'x' }, fresh],
  ['an answer', answer, fresh],
  ['a hand-over', handOver('fines', 'A-1'), fresh],
  ['an assignment', { do: 'assign', assigneeId: me }, fresh],
  ['a stop', suspend, fresh],
  ['its end', resume, inState['waiting-citizen']],
  ['an extension', extend(5), fresh],
  ['a link', { do: 'link', contactId: contact }, fresh],
  ['a person', { do: 'identify', citizenId: me, reason: 'x' }, fresh],
  ['a category', { do: 'classify', kind: 'report', topicId: 'noise', reason: 'è rumore' }, fresh],
])('%s is known again by what it left in the history, and by nothing else', (_what, action, ticket) => {
  const step = actOn(ticket, action, at('2026-11-05'))
  if (!step.ok) throw new Error(step.refusal)
  expect(isDeedOf(action, step.deed)).toBe(true)
  const { do: _, ...args } = action
  for (const [key, value] of Object.entries(args)) {
    if (key === 'closedFor' && step.ticket.closedFor === null) continue
    const other = {
      ...action,
      [key]:
        typeof value === 'number'
          ? value + 1
          : value === null
            ? 'y'
            : typeof value === 'boolean'
              ? !value
              : `${value}y`,
    }
    expect(isDeedOf(other as HeldAction, step.deed), key).toBe(false)
  }
  expect(isDeedOf(action.do === 'note' ? start : { do: 'note', text: 'x' }, step.deed)).toBe(false)
})

test('whose it is may be said later, also when it is closed, and put right for a reason; nothing else changes', () => {
  for (const ticket of [fresh, inState.closed]) {
    const step = actOn(ticket, { do: 'identify', citizenId: me, reason: null, from: null }, at('2026-11-05'))
    expect(step).toMatchObject({
      ok: true,
      ticket: { ...ticket, citizenId: me },
      deed: { did: 'identified', fromId: null, toId: me, reason: null },
    })
  }
  const back = { do: 'identify', citizenId: null, reason: 'un omonimo', from: me } as const
  expect(actOn(named(me), back, at('2026-11-06'))).toMatchObject({
    ...{ ok: true, ticket: { citizenId: null } },
    deed: { did: 'identified', fromId: me, toId: null, reason: 'un omonimo' },
  })
})

test('the number at the body that has it already is noted without another hand-over', () => {
  const given = having(['2026-11-10', handOver('city-care')], ['2026-11-11', handOver('city-care', 'SEG-77')])
  expect(given).toMatchObject({ team: 'city-care', reference: 'SEG-77', rerouted: 1 })
})

test('a report that the other platform has is closed under its number', () => {
  const given = having(
    ['2026-11-10', handOver('city-care', 'SEG-77')],
    ['2026-11-11', move('closed', null, 'handed-over')],
  )
  expect(given).toMatchObject({ status: 'closed', closedFor: 'handed-over', reference: 'SEG-77' })
  expect(actOn(given, move('in-progress', 'respinta'), at('2026-11-12'))).toMatchObject({
    ok: true,
    ticket: { closedFor: null, reopened: 1 },
  })
})

test('the number of one body is not the next one’s, nor that of a team of the city, and closes nothing there', () => {
  const first = ['2026-11-10', handOver('waste-company', 'R1')] as const
  for (const team of ['housing-company', 'taxes']) {
    const next = having([...first], ['2026-11-11', handOver(team)])
    expect(next).toMatchObject({ team, reference: null, rerouted: 2 })
    expect(actOn(next, move('closed', null, 'handed-over'), at('2026-11-12'))).toMatchObject(
      refusedAs('needs-reason'),
    )
  }
  const other = having([...first], ['2026-11-11', handOver('housing-company', 'H2')])
  expect(other).toMatchObject({ reference: 'H2' })
})

test('who may not stop the clock ends the stop of a wait with the wait, and no other', () => {
  const by = (role: Role, day: string, ticket: Ticket, action: HeldAction) => {
    const step = actOn(ticket, action, at(day, role))
    if (!step.ok) throw new Error(step.refusal)
    return step
  }
  const isStanding = ({ ticket }: { ticket: Ticket }) => ticket.clock.suspensions.at(-1)?.to === null
  const waited = by('operator', '2026-11-10', inState['waiting-citizen'], start)
  expect([isStanding(waited), waited.deed]).toMatchObject([false, { clock: 'resumed' }])

  const waiting = by('operator', '2026-11-06', having(['2026-11-03', start], ['2026-11-05', suspend]), wait)
  const back = by('operator', '2026-11-10', waiting.ticket, start)
  expect([isStanding(back), back.deed]).toMatchObject([true, { clock: null }])
  expect(isStanding(by('specialist', '2026-11-10', waiting.ticket, start))).toBe(false)
  // One that is over stands for nothing.
  expect(isStanding(by('operator', '2026-11-10', back.ticket, move('closed', 'ritirata', 'withdrawn')))).toBe(
    false,
  )
})

test('who takes it is named, and a note changes nothing else', () => {
  expect(having(['2026-11-10', { do: 'assign', assigneeId: me }])).toMatchObject({
    ...{ assigneeId: me, assigneeName: 'Anna Riva', status: 'new' },
  })
  expect(having(['2026-11-10', { do: 'note', text: 'sentito' }])).toEqual(fresh)
})
