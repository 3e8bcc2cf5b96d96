import { desk, done } from './rpc.ts'
import type { SessionKeeper } from './session.ts'

export const sessionService = (session: SessionKeeper) => ({
  watch: desk.session.watch.handler(({ signal }) => session.latest.watch(signal)),
  begin: desk.session.begin.handler(async () => ({ startUrl: await session.begin() })),
  signOut: desk.session.signOut.handler(async () => {
    await session.signOut()
    return done
  }),
})
