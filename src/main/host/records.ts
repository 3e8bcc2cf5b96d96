import type { ChangeNotice, Settings } from '#contract/desk.ts'
import type { Signal } from './latest.ts'
import type { Parts } from './parts.ts'
import { desk, done } from './rpc.ts'

/** What the page reads from the desk's files as it lies there. */
export const outboxService = ({ cache, session }: Pick<Parts, 'cache' | 'session'>) => ({
  list: desk.outbox.list.handler(() => {
    return { entries: cache.entries(session.user().id) }
  }),
  dismiss: desk.outbox.dismiss.handler(({ input }) => {
    cache.dismiss(session.user().id, input.commandId)
    return done
  }),
  files: desk.outbox.files.handler(() => ({ files: cache.waitingFiles.of(session.user().id) })),
  removeFile: desk.outbox.removeFile.handler(({ input }) => {
    cache.waitingFiles.remove(session.user().id, input.id)
    return done
  }),
})

export const referenceService = ({ cache, session }: Pick<Parts, 'cache' | 'session'>) => ({
  all: desk.reference.all.handler(() => {
    session.user()
    return cache.reference()
  }),
})

/** Also for a desk where nobody is signed in: the sign-in page has a language. */
export const settingsService = ({ cache }: Pick<Parts, 'cache'>, changes: Signal<ChangeNotice>) => ({
  get: desk.settings.get.handler(() => cache.settings.get()),
  set: desk.settings.set.handler(({ input }) => {
    const change = Object.fromEntries(
      Object.entries(input).filter(([, value]) => value !== undefined),
    ) as Partial<Settings>
    const settings = cache.settings.set(change)
    // They are no entity of their own, and every window and the media end go by them.
    changes.emit({ entities: ['*'] })
    return settings
  }),
})
