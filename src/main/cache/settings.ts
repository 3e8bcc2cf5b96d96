import type { Logger } from 'pino'
import { defaultSettings, Settings } from '#contract/desk.ts'
import { Fault } from '#contract/errors.ts'
import { fromJson } from './rows.ts'
import type { Sqlite } from './sqlite.ts'

export interface SettingsStore {
  get(): Settings
  set(change: Partial<Settings>): Settings
}

/** A row a setting. One that cannot be read any more is the default again. */
export function openSettings(db: Sqlite, log: Logger): SettingsStore {
  const all = db.query<{ name: string; value: string }>('SELECT name, value FROM setting')
  const put = db.query(
    'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  const get = (): Settings => {
    let settings = defaultSettings
    for (const { name, value } of all.all()) {
      const parsed = Settings.safeParse({ ...settings, [name]: fromJson(value) })
      if (parsed.success) settings = parsed.data
      else log.warn({ name }, 'unreadable setting')
    }
    return settings
  }
  return {
    get,
    set(change) {
      const parsed = Settings.partial().safeParse(change)
      if (!parsed.success) throw new Fault('invalid', 'input-invalid', { cause: parsed.error })
      db.transaction(() => {
        for (const [name, value] of Object.entries(parsed.data)) put.run(name, JSON.stringify(value))
      })
      return get()
    },
  }
}
