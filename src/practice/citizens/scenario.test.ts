import { describe, expect, it } from 'vitest'
import { FileProblem } from '#contract/json-text.ts'
import { parseScenario } from './scenario.ts'

const good = {
  id: 'identity-card',
  title: { it: 'Carta', en: 'Card' },
  brief: { it: 'Prenota', en: 'Book' },
  topic: 'identity-card',
  number: '+390255510143',
  displayName: 'Teresa Colombo',
  queue: 'Servizi civici',
  queueReason: 'Anagrafe',
  patienceSeconds: 120,
  language: 'it',
  voice: { name: 'it+f2', pitch: 50, speed: 150 },
  lines: [{ audio: 'identity-card-1', text: 'Buongiorno.', waitForOperatorMs: 5000 }],
  hangUp: 'self',
}
const text = (change: object = {}) => JSON.stringify({ ...good, ...change }, null, 2)

function failure(json: string): FileProblem {
  try {
    parseScenario('card.json', json)
  } catch (error) {
    if (error instanceof FileProblem) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('a scenario file', () => {
  it('is read, with its defaults', () => {
    const scenario = parseScenario('card.json', text())
    expect(scenario.lines[0]?.afterTurns).toBe(1)
    expect(scenario.number).toBe('+390255510143')
  })

  it('that is not JSON is named with the line of the first error', () => {
    const broken = text().replace('"queue":', '"queue" ')
    const line = broken.split('\n').findIndex((row) => row.includes('"queue" ')) + 1
    expect(failure(broken)).toMatchObject({ file: 'card.json', line })
    expect(failure(broken).message).toContain(`card.json:${line}: not valid JSON`)
    expect(failure('{\n"id": "x",\n}').line).toBe(3)
    expect(failure('').line).toBe(1)
    expect(failure('{"a": "\n"}').line).toBe(1)
  })

  it('with a wrong value is named with the line of that value', () => {
    const wrong = text({ number: '02 5551' })
    const line = wrong.split('\n').findIndex((row) => row.includes('"number"')) + 1
    expect(failure(wrong).line).toBe(line)
    expect(failure(wrong).message).toContain('number')
  })

  it('with a wrong value deep inside is named with the line of that value', () => {
    const wrong = text({ lines: [...good.lines, { audio: 'Not A Slug', text: 'x', waitForOperatorMs: 1 }] })
    const line = wrong.split('\n').findIndex((row) => row.includes('Not A Slug')) + 1
    expect(failure(wrong).line).toBe(line)
  })

  it('with a member that nobody knows is named with its line', () => {
    const wrong = text({ patience: 3 })
    const line = wrong.split('\n').findIndex((row) => row.includes('"patience"')) + 1
    expect(failure(wrong).line).toBe(line)
  })

  it('cannot put a second header into a SIP message by its name', () => {
    expect(failure(text({ displayName: 'A"\r\nX-Evil: 1' })).message).toContain('displayName')
  })

  it('needs something to say unless the citizen hangs up while it rings', () => {
    expect(failure(text({ lines: [] })).message).toContain('lines')
    expect(parseScenario('card.json', text({ lines: [], hangUp: 'while-ringing' })).ringSeconds).toBe(4)
  })
})
