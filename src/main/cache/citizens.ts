import type { Logger } from 'pino'
import type { Citizen } from '#contract/domain/citizen.ts'
import {
  citizenQuestion,
  citizenWords,
  searchKey,
  type WordsQuestion,
} from '#contract/domain/citizen-search.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { Compared } from '#contract/domain/likeness.ts'
import { type EntityTable, rowReader, type Stored } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

export interface Citizens extends EntityTable<'citizen'> {
  byNumber(e164: string): Citizen[]
  /** The same persons in the same order as the CRM's search, of those who are here; see `citizenQuestion`. */
  search(text: string, limit: number): Citizen[]
  /** Those who share with a person what may make them the same. */
  candidates(person: Compared): Citizen[]
  /** Who turned out to be this person, as far as the desk knows. */
  joinedTo(id: Id): Id[]
}

/** What is ordered at most: more matches than these are no answer to a person who searches. */
const orderedMatches = 200
/** Sorts behind everything that begins with the same signs. */
const last = '\u{10ffff}'

/** What a row is found by. Of somebody who turned out to be another nothing: that other is found. */
type Found = {
  nameKey: string | null
  reversedKey: string | null
  fiscalCode: string | null
  birthDate: string | null
  words: string
  numbers: string[]
  identities: string[]
}

function foundBy(citizen: Citizen): Found {
  if (citizen.mergedInto !== null)
    return {
      ...{ nameKey: null, reversedKey: null, fiscalCode: null, birthDate: null, words: '' },
      ...{ numbers: [], identities: [] },
    }
  return {
    nameKey: searchKey(`${citizen.familyName} ${citizen.givenName}`),
    reversedKey: searchKey(`${citizen.givenName} ${citizen.familyName}`),
    fiscalCode: citizen.fiscalCode,
    birthDate: citizen.birthDate,
    words: citizenWords(citizen),
    numbers: citizen.phones.map(({ number }) => number),
    identities: citizen.identities.map(({ value }) => value),
  }
}

export function openCitizens(db: Sqlite, log: Logger): Citizens {
  const read = rowReader('citizen', log)
  const one = db.query<Stored>('SELECT row FROM citizen WHERE id = ?')
  const known = db.query<{ rid: number; found: string }>('SELECT rid, found FROM citizen WHERE id = ?')
  const insert = db.query<{ rid: number }>(
    `INSERT INTO citizen (id, name_key, reversed_key, fiscal_code, birth_date, merged_into, found, row)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING rid`,
  )
  const update = db.query(
    `UPDATE citizen SET name_key = ?, reversed_key = ?, fiscal_code = ?, birth_date = ?, merged_into = ?, found = ?, row = ?
     WHERE rid = ?`,
  )
  const remove = db.query('DELETE FROM citizen WHERE rid = ?')
  const addNumber = db.query('INSERT OR IGNORE INTO citizen_number (number, citizen_rid) VALUES (?, ?)')
  const removeNumbers = db.query('DELETE FROM citizen_number WHERE citizen_rid = ?')
  const addWords = db.query('INSERT INTO citizen_fts (rowid, words) VALUES (?, ?)')
  const removeWords = db.query('DELETE FROM citizen_fts WHERE rowid = ?')
  const byNumber = db.query<Stored>(
    `SELECT c.row FROM citizen_number p JOIN citizen c ON c.rid = p.citizen_rid
     WHERE p.number = ? ORDER BY c.name_key, c.id`,
  )
  const beginningWith = db.query<Stored>(
    `SELECT DISTINCT c.name_key, c.id, c.row FROM citizen_number p JOIN citizen c ON c.rid = p.citizen_rid
     WHERE p.number >= ? AND p.number < ? OR p.number >= ? AND p.number < ? OR p.number >= ? AND p.number < ?
     ORDER BY c.name_key, c.id LIMIT ?`,
  )
  const byCode = db.query<Stored>(
    'SELECT row FROM citizen WHERE fiscal_code >= ? AND fiscal_code < ? ORDER BY name_key, id LIMIT ?',
  )
  const named = db.query<Stored>(
    `SELECT row FROM citizen WHERE rid IN (
       SELECT rid FROM citizen WHERE name_key >= ? AND name_key < ?
       UNION SELECT rid FROM citizen WHERE reversed_key >= ? AND reversed_key < ?)
     ORDER BY name_key, id LIMIT ?`,
  )
  const having = db.query<Stored>(
    `SELECT c.row FROM citizen c
     WHERE c.rid IN (SELECT rowid FROM citizen_fts WHERE citizen_fts MATCH ? LIMIT ${orderedMatches})
     ORDER BY c.name_key, c.id LIMIT ?`,
  )
  const alike = db.query<Stored>(
    `SELECT row FROM citizen WHERE fiscal_code = ? OR name_key = ? OR name_key = ? OR birth_date = ?
       OR rid IN (SELECT citizen_rid FROM citizen_number WHERE number = ?) LIMIT ${orderedMatches}`,
  )
  const joined = db.query<{ id: Id }>('SELECT id FROM citizen WHERE merged_into = ?')
  const clears = [
    'DELETE FROM citizen',
    'DELETE FROM citizen_number',
    `INSERT INTO citizen_fts (citizen_fts) VALUES ('delete-all')`,
  ].map((sql) => db.query(sql))

  const forget = (rid: number) => {
    removeNumbers.run(rid)
    removeWords.run(rid)
  }

  const byWords = ({ key, words }: WordsQuestion, limit: number): Citizen[] => {
    const first = read.many(named.all(key, key + last, key, key + last, limit))
    if (first.length >= limit) return first
    // Quoted, so that nothing typed is taken for an operator.
    const all = (mark: string) =>
      read.many(having.all(words.map((word) => `"${word}"${mark}`).join(' '), limit))
    const ids = new Set(first.map(({ id }) => id))
    const found = [...first, ...all('').filter(({ id }) => !ids.has(id))]
    return (found.length > 0 ? found : all('*')).slice(0, limit)
  }

  return {
    get: (id) => read.one(one.get(id)),
    put(row) {
      const found = foundBy(row)
      const text = JSON.stringify(found)
      const { nameKey, reversedKey, fiscalCode, birthDate } = found
      const columns = [nameKey, reversedKey, fiscalCode, birthDate, row.mergedInto, text, JSON.stringify(row)]
      const before = known.get(row.id)
      if (before) update.run(...columns, before.rid)
      if (before?.found === text) return
      if (before) forget(before.rid)
      const rid = before?.rid ?? insert.get(row.id, ...columns)?.rid
      if (rid === undefined) return
      addWords.run(rid, found.words)
      for (const number of [...found.numbers, ...found.identities]) addNumber.run(number, rid)
    },
    remove(id) {
      const before = known.get(id)
      if (!before) return
      forget(before.rid)
      remove.run(before.rid)
    },
    clear() {
      for (const clear of clears) clear.run()
    },
    byNumber: (e164) => read.many(byNumber.all(e164)),
    search(text, limit) {
      const question = citizenQuestion(text)
      if (question === null) return []
      if (question.by === 'words') return byWords(question, limit)
      if (question.by === 'identity') return read.many(byNumber.all(question.value)).slice(0, limit)
      if (question.by === 'fiscal-code') {
        const { beginning, otherwise } = question
        const found = read.many(byCode.all(beginning, beginning + last, limit))
        return found.length === 0 ? byWords(otherwise, limit) : found
      }
      const [first = '', second = first, third = second] = question.beginnings
      return read.many(
        beginningWith.all(
          ...[first, first + last, second, second + last, third, third + last].map(String),
          limit,
        ),
      )
    },
    candidates(person) {
      const key = (...names: string[]) => searchKey(names.join(' ')) || null
      const names = [key(person.familyName, person.givenName), key(person.givenName, person.familyName)]
      const [number = null] = person.phones.map((phone) => phone.number)
      return read.many(alike.all(person.fiscalCode, ...names, person.birthDate, number))
    },
    joinedTo: (id) => joined.all(id).map((row) => row.id),
  }
}
