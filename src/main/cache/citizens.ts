import type { Logger } from 'pino'
import type { Citizen } from '#contract/domain/citizen.ts'
import { type EntityTable, rowReader, type Stored } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

export interface Citizens extends EntityTable<'citizen'> {
  byNumber(e164: string): Citizen[]
  /** Every term must begin a word of name, fiscal code or number, in any order, accents aside. By family name. */
  search(text: string, limit: number): Citizen[]
}

/** What is ordered at most: more matches than these are no answer to a person who searches. */
const orderedMatches = 200

export function openCitizens(db: Sqlite, log: Logger): Citizens {
  const read = rowReader('citizen', log)
  const one = db.query<Stored>('SELECT row FROM citizen WHERE id = ?')
  const known = db.query<{ rid: number; terms: string }>('SELECT rid, terms FROM citizen WHERE id = ?')
  const insert = db.query<{ rid: number }>(
    'INSERT INTO citizen (id, family_name, given_name, terms, row) VALUES (?, ?, ?, ?, ?) RETURNING rid',
  )
  const update = db.query(
    'UPDATE citizen SET family_name = ?, given_name = ?, terms = ?, row = ? WHERE rid = ?',
  )
  const remove = db.query('DELETE FROM citizen WHERE rid = ?')
  const addPhone = db.query('INSERT OR IGNORE INTO citizen_phone (number, citizen_rid) VALUES (?, ?)')
  const removePhones = db.query('DELETE FROM citizen_phone WHERE citizen_rid = ?')
  const addTerms = db.query('INSERT INTO citizen_fts (rowid, terms) VALUES (?, ?)')
  const removeTerms = db.query('DELETE FROM citizen_fts WHERE rowid = ?')
  const byNumber = db.query<Stored>(
    `SELECT c.row FROM citizen_phone p JOIN citizen c ON c.rid = p.citizen_rid
     WHERE p.number = ? ORDER BY c.family_name, c.given_name`,
  )
  const search = db.query<Stored>(
    `SELECT c.row FROM citizen c
     WHERE c.rid IN (SELECT rowid FROM citizen_fts WHERE citizen_fts MATCH ? LIMIT ${orderedMatches})
     ORDER BY c.family_name, c.given_name LIMIT ?`,
  )
  const clears = [
    'DELETE FROM citizen',
    'DELETE FROM citizen_phone',
    `INSERT INTO citizen_fts (citizen_fts) VALUES ('delete-all')`,
  ].map((sql) => db.query(sql))

  const forgetTerms = (rid: number) => {
    removePhones.run(rid)
    removeTerms.run(rid)
  }

  return {
    get: (id) => read.one(one.get(id)),
    put(row) {
      const terms = searchTerms(row)
      const json = JSON.stringify(row)
      const before = known.get(row.id)
      if (before) update.run(row.familyName, row.givenName, terms, json, before.rid)
      if (before?.terms === terms) return
      if (before) forgetTerms(before.rid)
      const rid = before?.rid ?? insert.get(row.id, row.familyName, row.givenName, terms, json)?.rid
      if (rid === undefined) return
      addTerms.run(rid, terms)
      for (const phone of row.phones) addPhone.run(phone.number, rid)
    },
    remove(id) {
      const before = known.get(id)
      if (!before) return
      forgetTerms(before.rid)
      remove.run(before.rid)
    },
    clear() {
      for (const clear of clears) clear.run()
    },
    byNumber: (e164) => read.many(byNumber.all(e164)),
    search(text, limit) {
      const match = matchExpression(text)
      return match === null ? [] : read.many(search.all(match, limit))
    },
  }
}

/** Names, fiscal code, and each number with and without its country: "+39 347…" is found by 39347… and by 347…. */
function searchTerms(citizen: Citizen): string {
  const numbers = citizen.phones.flatMap(({ number }) => {
    const digits = number.slice(1)
    return digits.startsWith('39') ? [digits, digits.slice(2)] : [digits]
  })
  return [citizen.familyName, citizen.givenName, citizen.fiscalCode ?? '', ...numbers].join(' ').trim()
}

/** FTS5 query of what a person typed: quoted prefixes, so that nothing typed is taken for an operator. Null: nothing to look for. */
function matchExpression(text: string): string | null {
  const digits = text.replace(/[\s+/.()-]/g, '')
  const terms = /^\d+$/.test(digits)
    ? [digits.replace(/^00/, '')]
    : text.split(/[^\p{L}\p{N}\p{M}]+/u).filter((term) => term !== '')
  const kept = terms.slice(0, 8).filter((term) => term !== '')
  return kept.length === 0 ? null : kept.map((term) => `"${term}"*`).join(' ')
}
