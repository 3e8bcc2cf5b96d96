import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useDesk } from '../host/desk.tsx'
import { useLive } from '../host/live-store.ts'
import { type DeskMedia, mountDeskMedia } from '../media/desk-media.ts'

/** A window that is loaded anew and the one before may cross: that is no other window. */
const crossingMs = 600

/** The voice, where this page carries it: the host asks, the page obeys. Device settings reach it as soon as they change. */
export function MediaEnd() {
  const { connection, queries } = useDesk()
  const inPage = useQuery(queries.capabilities).data?.mediaInPage ?? false
  // Shown as chosen before they are saved, they may be asked for before that too.
  const saved = useQuery(queries.settings).dataUpdatedAt
  const media = useRef<DeskMedia | null>(null)
  useEffect(() => {
    if (!inPage) return
    let crossing: ReturnType<typeof setTimeout> | undefined
    const mounted = mountDeskMedia(connection, (voice) => {
      clearTimeout(crossing)
      const tell = () => useLive.setState({ voice })
      if (voice === 'elsewhere') crossing = setTimeout(tell, crossingMs)
      else tell()
    })
    media.current = mounted
    useLive.setState({ takeVoice: mounted.takeOver })
    return () => {
      media.current = null
      clearTimeout(crossing)
      useLive.setState({ voice: null, takeVoice: null })
      mounted.close()
    }
  }, [connection, inPage])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the media end reads the new settings from the host
  useEffect(() => media.current?.settingsChanged(), [saved])
  return null
}
