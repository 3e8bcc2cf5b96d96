import { connect } from '../host/connection.ts'
import { mountDeskMedia } from './desk-media.ts'

const connection = connect()
const media = mountDeskMedia(connection, () => undefined)

// This hidden window hears of changed devices as any other window does.
connection
  .watch(
    (signal) => connection.desk.changes.watch(undefined, { signal }),
    ({ entities }) => {
      if (entities.includes('*')) media.settingsChanged()
    },
    new AbortController().signal,
  )
  .catch(() => undefined)
