import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { FileProblem, lineOfPath, parseJsonText, stillExample, throwProblems } from '#contract/json-text.ts'

type Path = readonly PropertyKey[]

export type CityFile<T> = {
  content: T
  /** Something is wrong there; told with all else by `check`. */
  note(path: Path, problem: string): void
  /** Nothing can be read on from there: tells what has been noted until now. */
  refuse(path: Path, problem: string): never
}

type Schemas = Record<string, z.ZodType<{ example: boolean }>>

/**
 * The named files of a city's folder, `topics` as `topics.json`. What is wrong with them is thrown as `FileProblem`s, all of it at once;
 * `own`: an example is wrong.
 */
export async function readCityFiles<S extends Schemas>(
  folder: string,
  schemas: S,
  { own = false } = {},
): Promise<{ files: { [N in keyof S]: CityFile<z.output<S[N]>> }; check(): void }> {
  const problems: FileProblem[] = []
  const read = async (name: string, schema: Schemas[string]): Promise<CityFile<unknown>> => {
    const file = `${name}.json`
    const text = await readFile(join(folder, file), 'utf8')
    const note = (path: Path, problem: string) =>
      void problems.push(new FileProblem(file, lineOfPath(text, path), problem))
    const refuse = (path: Path, problem: string): never => {
      note(path, problem)
      throwProblems(problems)
      throw new Error('unreachable')
    }
    try {
      const content = parseJsonText(file, text, schema)
      if (own && content.example) problems.push(stillExample(file, text))
      return { content, note, refuse }
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error
      problems.push(error)
      return { content: null, note, refuse }
    }
  }
  const names = Object.entries(schemas)
  const files = await Promise.all(names.map(async ([name, schema]) => [name, await read(name, schema)]))
  const check = () => throwProblems(problems)
  check()
  return { files: Object.fromEntries(files), check }
}
