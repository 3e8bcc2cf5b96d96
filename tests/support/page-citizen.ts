import type { Browser } from '@playwright/test'
import { type Invitation, Inviter, Registerer, type Session, SessionState, URI, UserAgent } from 'sip.js'
import { newId } from '../../src/contract/domain/ids.ts'
import { defaultLine } from '../../src/contract/domain/line.ts'
import { RemoteMedia } from '../../src/main/phone/remote-media.ts'
import { defaultRealm } from '../../src/practice/line.ts'
import { openMediaPage } from './media-page/media-page.ts'
import { credentialsOf, eventually } from './telephone.ts'

/** A citizen with a browser: a plain SIP.js user agent, whose voice is a page's, and who does what a REFER says. */
export type PageCitizen = {
  call(extension: string): Promise<void>
  /** Audio comes in, and is no silence. */
  hears(): Promise<void>
  hearsNothing(): Promise<void>
  /** INVITEs sent so far. */
  dialled(): number
  close(): Promise<void>
}

export async function openPageCitizen(
  browser: Browser,
  options: { sipUrl: string; extension: string },
): Promise<PageCitizen> {
  const page = await openMediaPage(browser)
  const voices = new Map<Session, string>()
  const credentials = credentialsOf(options.extension, options.sipUrl, null)
  let present: Session | null = null
  let dialled = 0

  const talk = (session: Session) => {
    present = session
    session.stateChange.addListener((state) => {
      if (state === SessionState.Terminated) voices.delete(session)
    })
    session.delegate = {
      onRefer: (referral) => {
        void referral.accept()
        const carried = [referral.referTo.uri.getHeader('User-to-User') ?? []].flat()
        const inviter = referral.makeInviter({
          extraHeaders: carried.map((value) => `User-to-User: ${decodeURIComponent(value)}`),
        })
        dialled++
        // Goes on with whoever answers; the one who sent them there ends their own leg.
        inviter.stateChange.addListener((state) => {
          if (state === SessionState.Established) talk(inviter)
        })
        inviter.invite().catch(() => undefined)
      },
    }
  }

  const agent = new UserAgent({
    uri: new URI('sip', options.extension, defaultRealm),
    contactName: options.extension,
    authorizationUsername: credentials.username,
    authorizationPassword: credentials.password,
    transportOptions: { server: options.sipUrl },
    logBuiltinEnabled: false,
    gracefulShutdown: false,
    sessionDescriptionHandlerFactory: (session) => {
      const id = newId()
      voices.set(session, id)
      return new RemoteMedia(
        page.media,
        id,
        () => defaultLine.media,
        () => false,
        () => undefined,
      )
    },
    delegate: {
      onInvite: (invitation: Invitation) => void invitation.reject({ statusCode: 486 }),
    },
  })
  await agent.start()
  const registerer = new Registerer(agent)
  await new Promise<void>((resolve, reject) => {
    registerer
      .register({
        requestDelegate: { onAccept: () => resolve(), onReject: () => reject(new Error('refused')) },
      })
      .catch(reject)
  })

  const level = async (): Promise<number | null> => {
    const id = present && voices.get(present)
    if (!id) return null
    return (await page.media.stats(id).catch(() => null))?.inbound?.level ?? null
  }

  return {
    async call(extension) {
      const inviter = new Inviter(agent, new URI('sip', extension, defaultRealm))
      dialled++
      talk(inviter)
      await inviter.invite()
    },
    async hears() {
      await eventually(level, (now) => (now ?? 0) > 0.01, `${options.extension} hears somebody`)
    },
    async hearsNothing() {
      await eventually(level, (now) => now !== null && now < 0.001, `${options.extension} hears nobody`)
    },
    dialled: () => dialled,
    async close() {
      await agent.stop().catch(() => undefined)
      await page.close()
    },
  }
}
