import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallRemote } from '#contract/domain/call.ts'
import { defaultLine } from '#contract/domain/line.ts'
import {
  autoAnswerOf,
  callerOf,
  cleanText,
  completedElsewhere,
  diversionsOf,
  type Headers,
  isPractice,
  parseNameAddress,
  queueOf,
} from './identity.ts'

const headers = (values: Record<string, string | string[]>): Headers => {
  const all = (name: string) => [values[name] ?? []].flat()
  return { getHeader: (name) => all(name)[0], getHeaders: all }
}

const queueNamed = (all: Headers) => queueOf(all, defaultLine.headers)

describe('who calls', () => {
  it.each([
    ['<sip:+393471234567@pbx>;tag=1', '+393471234567', null],
    ['"Ada Rossi" <sip:0255510143@pbx;user=phone>;tag=1', '0255510143', 'Ada Rossi'],
    ['Ada <sip:1001:secret@pbx>', '1001', 'Ada'],
    ['sip:3471234567@pbx;tag=x', '3471234567', null],
    ['"A \\"B\\" C" <sips:%2B393471234567@pbx>', '+393471234567', 'A "B" C'],
    ['"+39 347 123 4567" <sip:+393471234567@pbx>', '+393471234567', null],
  ])('reads From %s', (from, number, displayName) => {
    expect(callerOf(headers({ From: from }))).toMatchObject({ number, displayName })
  })

  it('makes E.164 of national numbers', () => {
    expect(callerOf(headers({ From: '<sip:0255510143@pbx>' })).e164).toBe('+390255510143')
    expect(callerOf(headers({ From: '<sip:1001@pbx>' })).e164).toBeNull()
  })

  it('prefers P-Asserted-Identity, then Remote-Party-ID, then From', () => {
    const from = '<sip:1@pbx>;tag=1'
    const party = '"B" <sip:+390255510102@pbx>;party=calling;privacy=off'
    const asserted = ['<tel:+390255510103;phone-context=x>, <sip:+390255510104@pbx>']
    expect(callerOf(headers({ From: from, 'Remote-Party-ID': party })).number).toBe('+390255510102')
    expect(
      callerOf(headers({ From: from, 'Remote-Party-ID': party, 'P-Asserted-Identity': asserted })).number,
    ).toBe('+390255510103')
  })

  it.each([
    [{ From: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1' }],
    [{ From: '<sip:+39021@pbx>', Privacy: 'id' }],
    [{ From: '<sip:+39021@pbx>', Privacy: 'header; user;critical' }],
    [{ From: '<sip:x@pbx>', 'P-Asserted-Identity': '<sip:Restricted@pbx>' }],
    [{ From: '<sip:x@pbx>', 'Remote-Party-ID': '<sip:+39021@pbx>;privacy=full' }],
    [{ From: '<sip:anonymous@anonymous.invalid>', 'P-Asserted-Identity': '<sip:+39021@pbx>' }],
    [{}],
  ])('knows a withheld number: %o', (values: Record<string, string>) => {
    expect(callerOf(headers(values))).toEqual({ number: null, e164: null, displayName: null })
  })

  it('takes nothing from a header that the contract would refuse', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.string({ maxLength: 100 }),
        (name, user) => {
          const caller = callerOf(headers({ From: `"${name}" <sip:${user}@pbx>` }))
          expect(CallRemote.safeParse(caller).success).toBe(true)
          expect(caller.displayName ?? '').not.toMatch(/[\p{Cc}\p{Cf}]/u)
        },
      ),
    )
  })

  it('passes over values that are too long to be anybody, at once', () => {
    const spaces = ' '.repeat(56_000)
    const begin = performance.now()
    const caller = callerOf(
      headers({
        From: '<sip:+390255510102@pbx>;tag=1',
        'P-Asserted-Identity': [`x${spaces}x`, `"${'\\"'.repeat(20_000)}`, '<'.repeat(50_000)],
        'Remote-Party-ID': `x${spaces}`,
      }),
    )
    expect(parseNameAddress(`x${spaces}x`)).toBeNull()
    expect(completedElsewhere(`SIP${';'.repeat(50_000)}`)).toBe(false)
    expect(queueNamed(headers({ 'X-Queue': spaces }))).toBeNull()
    expect(performance.now() - begin).toBeLessThan(200)
    expect(caller.number).toBe('+390255510102')
    expect(callerOf(headers({ From: '<sip:+39021@pbx>', Privacy: `id${spaces}` })).number).toBeNull()
  })

  it('keeps commas of names and addresses', () => {
    const asserted = '"Rossi, \\"Ada, A\\"" <urn:a,b>, "Rossi, Ada" <sip:+390255510103;a=b,c@pbx>'
    expect(callerOf(headers({ 'P-Asserted-Identity': asserted }))).toMatchObject({
      number: '+390255510103',
      displayName: 'Rossi, Ada',
    })
  })

  it('gives up on what is no address', () => {
    expect(parseNameAddress('mailto:a@b')).toBeNull()
    expect(parseNameAddress('')).toBeNull()
  })
})

describe('text of headers', () => {
  it('is one line without control or direction marks', () => {
    expect(cleanText(' a\r\nb\u202Ec\u0007 ', 10)).toBe('a b c')
    expect(cleanText('\u0000', 10)).toBeNull()
    expect(cleanText(`${'a'.repeat(9)}😀`, 10)).toBe('a'.repeat(9))
  })
})

describe('the queue', () => {
  it('comes from its headers', () => {
    expect(
      queueNamed(headers({ 'X-Queue': 'anagrafe', 'X-Queue-Reason': 'carta', 'X-Queue-Waited': '42' })),
    ).toEqual({
      name: 'anagrafe',
      reason: 'carta',
      waitedSeconds: 42,
    })
    expect(queueNamed(headers({ 'X-Queue': 'x', 'X-Queue-Waited': '-3' }))).toMatchObject({
      waitedSeconds: 0,
      reason: null,
    })
    expect(queueNamed(headers({}))).toBeNull()
  })

  it('says when it is practice', () => {
    expect(isPractice(headers({ 'X-Practice': 'yes' }))).toBe(true)
    expect(isPractice(headers({ 'X-Practice': 'false' }))).toBe(false)
    expect(isPractice(headers({}))).toBe(false)
  })
})

describe('the reason of a CANCEL', () => {
  it.each([
    ['SIP;cause=200;text="Call completed elsewhere"', true],
    ['SIP ; text="Call completed elsewhere"', true],
    ['SIP;cause=487;text="ORIGINATOR_CANCEL"', false],
    [undefined, false],
  ])('%s', (reason, elsewhere) => {
    expect(completedElsewhere(reason)).toBe(elsewhere)
  })
})

describe('whom the call was for before', () => {
  it('is told by Diversion, the last first', () => {
    const values = {
      Diversion: [
        '"Front Desk" <sip:2001@pbx>;reason=no-answer;counter=1',
        '<tel:+390255510100>;reason=unconditional, <sip:2009@pbx>;privacy=full;reason=user-busy',
      ],
      'History-Info': '<sip:9@pbx>;index=1, <sip:2@pbx>;index=1.1',
    }
    expect(diversionsOf(headers(values))).toEqual([
      { number: '2001', displayName: 'Front Desk', reason: 'no-answer' },
      { number: '+390255510100', displayName: null, reason: 'unconditional' },
      { number: null, displayName: null, reason: 'user-busy' },
    ])
  })

  it('is told by History-Info without its last entry, which is here', () => {
    const value =
      '<sip:+390255510100@pbx?Reason=SIP%3Bcause%3D302>;index=1, "Ada" <sip:2001@pbx?Reason=SIP%3Bcause%3D486>;index=1.1, <sip:2002@pbx>;index=1.1.1'
    expect(diversionsOf(headers({ 'History-Info': value }))).toEqual([
      { number: '2001', displayName: 'Ada', reason: 'user-busy' },
      { number: '+390255510100', displayName: null, reason: 'unconditional' },
    ])
    expect(diversionsOf(headers({ 'History-Info': '<sip:2002@pbx>;index=1' }))).toEqual([])
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (values) => {
        diversionsOf(headers({ Diversion: values, 'History-Info': values }))
        autoAnswerOf(headers({ 'Call-Info': values, 'Alert-Info': values }))
      }),
    )
  })
})

describe('a call that answers itself', () => {
  it.each([
    [{ 'Call-Info': '<sip:pbx>;answer-after=0' }, 0],
    [{ 'Call-Info': ['<http://x/photo>;purpose=icon', '<sip:pbx>; answer-after = 2'] }, 2],
    [{ 'Alert-Info': '<http://www.notused.com>;info=alert-autoanswer;delay=0' }, 0],
    [{ 'Alert-Info': 'Auto Answer' }, 0],
    [{ 'Answer-Mode': 'Auto' }, 0],
    [{ 'Call-Info': '<sip:pbx>;answer-after=600' }, null],
    [{ 'Alert-Info': '<http://x/ring.wav>' }, null],
    [{}, null],
  ])('%j', (values, seconds) => {
    expect(autoAnswerOf(headers(values as Record<string, string>))).toBe(seconds)
  })
})
