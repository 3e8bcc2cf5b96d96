import type { z } from 'zod'
import { Fault } from './errors.ts'

type Path = readonly PropertyKey[]

/** What a person needs to mend a file: its name, the line (from 1) and what is wrong there. */
export class FileProblem extends Fault {
  readonly file: string
  readonly line: number
  readonly problem: string

  constructor(file: string, line: number, problem: string) {
    super('invalid', 'configuration-invalid', { params: { file, line, problem } })
    this.message = `${file}:${line}: ${problem}`
    this.file = file
    this.line = line
    this.problem = problem
  }
}

/** Several, the first of them in front: so whoever wrote the files hears of all at once. */
class FileProblems extends FileProblem {
  readonly all: readonly FileProblem[]

  constructor(first: FileProblem, all: readonly FileProblem[]) {
    super(first.file, first.line, first.problem)
    this.message = all.map(({ message }) => message).join('\n')
    this.all = all
  }
}

/** Nothing where there are none. */
export function throwProblems(problems: readonly FileProblem[]): void {
  const all = problems.flatMap((one) => (one instanceof FileProblems ? one.all : [one]))
  const [first] = all
  if (first) throw all.length === 1 ? first : new FileProblems(first, all)
}

/** The text of a configuration or scenario file as a checked value; throws a `FileProblem` that names file and line. */
export function parseJsonText<T extends z.ZodType>(file: string, text: string, schema: T): z.output<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    const broken = scan(text)
    throw new FileProblem(file, lineAt(text, broken.stoppedAt ?? text.length), 'not valid JSON')
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path =
    issue?.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : (issue?.path ?? [])
  throw new FileProblem(
    file,
    lineOfPath(text, path),
    `${path.length === 0 ? '' : `${path.map(String).join('.')}: `}${issue?.message ?? 'invalid'}`,
  )
}

/** Of a file with an `example` of its own to say: it came with the program, and a city has to make it its own first. */
export const stillExample = (file: string, text: string): FileProblem =>
  new FileProblem(
    file,
    lineOfPath(text, ['example']),
    'an example: a city’s own file says "example": false, once the city has looked at what stands in it',
  )

/** The line where the value at `path` begins, or the deepest part of the path that is there. */
export function lineOfPath(text: string, path: Path): number {
  const { starts } = scan(text)
  for (let length = path.length; length > 0; length--) {
    const at = starts.get(pathKey(path.slice(0, length)))
    if (at !== undefined) return lineAt(text, at)
  }
  return 1
}

const pathKey = (path: Path): string => JSON.stringify(path.map(String))

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

const space = /[ \t\r\n]*/y
const scalar =
  /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy

/** Where each value of a JSON text begins, by path; and where the reading stopped, if it is not JSON. */
function scan(text: string): { starts: Map<string, number>; stoppedAt: number | null } {
  const starts = new Map<string, number>()
  let at = 0
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at = pattern.lastIndex
    return found?.[0] ?? null
  }
  const takeChar = (char: string): boolean => {
    take(space)
    if (text[at] !== char) return false
    at++
    return true
  }

  const members = (close: string, member: (index: number) => boolean): boolean => {
    if (takeChar(close)) return true
    for (let index = 0; member(index); index++) {
      if (takeChar(',')) continue
      return takeChar(close)
    }
    return false
  }

  const value = (path: Path): boolean => {
    take(space)
    starts.set(pathKey(path), at)
    if (takeChar('[')) return members(']', (index) => value([...path, index]))
    if (!takeChar('{')) return take(scalar) !== null
    return members('}', () => {
      take(space)
      const key = text[at] === '"' ? take(scalar) : null
      return key !== null && takeChar(':') && value([...path, JSON.parse(key) as string])
    })
  }

  const whole = value([])
  take(space)
  return { starts, stoppedAt: whole && at === text.length ? null : at }
}
