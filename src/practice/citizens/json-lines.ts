/** Finds the line of a place in a JSON text, so that a person who wrote a scenario by hand is told where it is wrong. */

export type JsonPath = readonly (string | number)[]

export class JsonSyntaxError extends Error {
  readonly line: number
  constructor(message: string, line: number) {
    super(message)
    this.name = 'JsonSyntaxError'
    this.line = line
  }
}

const lineAt = (text: string, offset: number): number => {
  let line = 1
  for (let at = 0; at < offset; at++) if (text.charCodeAt(at) === 10) line++
  return line
}

const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y
const stringToken = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const space = /[ \t\r\n]*/y

/** Walks the text once. `offsets` maps a path, as `JSON.stringify(path)`, to where its value (for a member: its key) begins. */
class Scanner {
  readonly offsets = new Map<string, number>()
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  scan(): void {
    this.#value([], 0)
    this.#skip()
    if (this.#at < this.#text.length) this.#fail('text after the end')
  }

  #fail(what: string): never {
    throw new JsonSyntaxError(what, lineAt(this.#text, this.#at))
  }

  #skip(): void {
    space.lastIndex = this.#at
    space.test(this.#text)
    this.#at = space.lastIndex
  }

  #take(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (!match) this.#fail(`${what} expected`)
    this.#at = pattern.lastIndex
    return match[0]
  }

  #value(path: JsonPath, depth: number): void {
    if (depth > 32) this.#fail('nested too deeply')
    this.#skip()
    const key = JSON.stringify(path)
    if (!this.offsets.has(key)) this.offsets.set(key, this.#at)
    const first = this.#text[this.#at]
    if (first === '{') this.#list('}', path, depth, true)
    else if (first === '[') this.#list(']', path, depth, false)
    else if (first === '"') this.#take(stringToken, 'a string')
    else this.#take(literal, 'a value')
  }

  #list(close: string, path: JsonPath, depth: number, members: boolean): void {
    this.#at++
    this.#skip()
    if (this.#text[this.#at] === close) {
      this.#at++
      return
    }
    for (let index = 0; ; index++) {
      this.#skip()
      let step: string | number = index
      if (members) {
        const start = this.#at
        step = JSON.parse(this.#take(stringToken, 'a name in quotes')) as string
        this.offsets.set(JSON.stringify([...path, step]), start)
        this.#skip()
        if (this.#text[this.#at] !== ':') this.#fail('":" expected')
        this.#at++
      }
      this.#value([...path, step], depth + 1)
      this.#skip()
      const next = this.#text[this.#at]
      if (next === close) {
        this.#at++
        return
      }
      if (next !== ',') this.#fail(`"," or "${close}" expected`)
      this.#at++
    }
  }
}

/** Parses JSON and remembers its lines. Throws `JsonSyntaxError`. `lineOf` falls back to the nearest place that exists. */
export function parseJsonWithLines(text: string): { value: unknown; lineOf(path: JsonPath): number } {
  const scanner = new Scanner(text)
  scanner.scan()
  return {
    value: JSON.parse(text),
    lineOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const offset = scanner.offsets.get(JSON.stringify(path.slice(0, length)))
        if (offset !== undefined) return lineAt(text, offset)
      }
      return 1
    },
  }
}
