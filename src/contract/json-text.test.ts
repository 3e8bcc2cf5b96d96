import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { FileProblem, lineOfPath, parseJsonText } from './json-text.ts'

const Shape = z.object({ name: z.string(), seats: z.array(z.object({ n: z.number() })) })
const problemOf = (text: string): FileProblem => {
  try {
    parseJsonText('city.json', text, Shape)
  } catch (error) {
    if (error instanceof FileProblem) return error
    throw error
  }
  throw new Error('it parsed')
}

describe('a file that does not parse', () => {
  it.each([
    ['{\n  "name": "x",\n  "seats": [,]\n}', 3],
    ['{\n  "name": "x"\n  "seats": []\n}', 3],
    ['{\n  "name": "x', 2],
    ['{\n  "name": "x"', 2],
    ['', 1],
    ['{\n  "name": "\\x",\n  "seats": []\n}', 2],
    ['{\n  "\\x": 1,\n  "seats": []\n}', 2],
    ['{\n  "name": "a\tb",\n  "seats": []\n}', 2],
    ['{"name":"x","seats":[]}\n\n}', 3],
  ])('%j is named with line %i', (text, line) => {
    expect(problemOf(text)).toMatchObject({ file: 'city.json', line, problem: 'not valid JSON' })
  })

  it('names the line of a value that the schema refuses', () => {
    const problem = problemOf('{\n "name": "x",\n "seats": [\n  {"n": 1},\n  {"n": "two, \\"{[ "}\n ]\n}')
    expect(problem.line).toBe(5)
    expect(problem.message).toMatch(/^city\.json:5: seats\.1\.n: /)
    expect(problem.toData()).toMatchObject({ kind: 'invalid', code: 'configuration-invalid' })
  })

  it('names the line of the object that lacks a field', () => {
    expect(problemOf('{\n "name": "x",\n "seats": [\n  {}\n ]\n}').line).toBe(4)
  })

  it('finds every value of any JSON text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify({ before: 1, value }, null, 1)
        // Zod leaves out a member of that name, so that no file can reach a prototype.
        fc.pre(!text.includes('"__proto__"'))
        expect(lineOfPath(text, ['value'])).toBe(3)
        expect(parseJsonText('x', text, z.object({ value: z.json() })).value).toEqual(
          JSON.parse(JSON.stringify(value)),
        )
      }),
    )
  })
})
