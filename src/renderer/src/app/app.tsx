import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { I18nProvider } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import { SignIn } from '../features/sign-in/sign-in.tsx'
import type { Connection } from '../host/connection.ts'
import { DeskProvider, useConnectionStatus, useDesk, useSessionFeed } from '../host/desk.tsx'
import { useLive, useSessionKey } from '../host/live-store.ts'
import { Announcer } from '../ui/announce.tsx'
import { useLanguage } from '../ui/use-format.ts'
import { DeskFrame } from './desk-frame.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import { LinkOverlay } from './link-overlay.tsx'
import { rememberLook } from './look.ts'

/** Host data is true until the host says that it changed: nothing is asked again by time, focus or reconnection of the network. */
const makeClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: 10 * 60_000,
        retry: 1,
        retryDelay: 500,
        networkMode: 'always',
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
      },
      mutations: { networkMode: 'always' },
    },
  })

/** The page stands longer than a session where the sign-in happens elsewhere: everything below belongs to one session and goes with it. */
export function App({ connection }: { connection: Connection }) {
  useSessionFeed(connection)
  return (
    <ErrorBoundary key={useSessionKey()}>
      <OneSession connection={connection} />
    </ErrorBoundary>
  )
}

function OneSession({ connection }: { connection: Connection }) {
  const [client] = useState(makeClient)
  useEffect(() => () => client.clear(), [client])
  return (
    <QueryClientProvider client={client}>
      <DeskProvider connection={connection}>
        <Localised />
      </DeskProvider>
    </QueryClientProvider>
  )
}

function Localised() {
  const { i18n } = useTranslation()
  const language = useLanguage()
  const { queries } = useDesk()
  const settings = useQuery(queries.settings).data
  useEffect(() => {
    if (!settings) return
    rememberLook(settings)
    if (i18n.language !== settings.language) void i18n.changeLanguage(settings.language)
  }, [settings, i18n])
  return (
    <I18nProvider locale={language === 'it' ? 'it-IT' : 'en-GB'}>
      <Gate />
      <LinkOverlay />
      <Announcer />
    </I18nProvider>
  )
}

function Gate() {
  const session = useLive((state) => state.session)
  const status = useConnectionStatus()
  if (session?.phase === 'signed-in') return <DeskFrame user={session.user} offline={session.offline} />
  return <SignIn session={session} connecting={status === 'connecting' || session === null} />
}
