import { type Settings as DeskSettings, defaultSettings } from '#contract/desk.ts'
import { newId } from '#contract/domain/ids.ts'
import type { MediaRequest } from '#contract/media.ts'
import type { Connection } from '../host/connection.ts'
import type { DeviceSettings } from './link.ts'
import { type MediaEndHandle, mountMediaEnd } from './media-end.ts'

/** Where the voice of this desk's calls is, seen from this window. */
export type Voice = 'here' | 'elsewhere' | 'nowhere'

export type DeskMedia = {
  settingsChanged(): void
  /** Takes the voice from the window that has it. */
  takeOver(): void
  close(): void
}

/** A window that goes and one that comes may cross. */
const tryAgainAfter = 200

/**
 * The media end of this window's host, with the settings that the host keeps. One window carries the voice; this one does when no other does,
 * or when it takes over. `settingsChanged` reads the settings again.
 */
export function mountDeskMedia(connection: Connection, onVoice: (voice: Voice) => void): DeskMedia {
  const { media, settings } = connection.desk
  const windowId = newId()
  const closing = new AbortController()
  const quietly = (work: Promise<unknown>) => void work.catch(() => undefined)
  let end: MediaEndHandle | null = null
  let owner: string | null = null

  const readSettings = () => {
    const present = end
    if (present) quietly(settings.get().then((now) => present.setDevices(devicesOf(now))))
  }

  const carry = (takeOver: boolean): void => {
    if (end || closing.signal.aborted) return
    const queue = new Requests()
    const mounted = mountMediaEnd(
      {
        requests: queue,
        answer: (answer) => quietly(media.answer(answer)),
        notify: (notice) => quietly(media.notify(notice)),
      },
      devicesOf(defaultSettings),
    )
    end = mounted
    let force = takeOver
    connection
      .watch(
        async (signal) => {
          const requests = await media.attach({ windowId, takeOver: force }, { signal })
          force = false
          mounted.reattached()
          readSettings()
          return requests
        },
        (request) => queue.push(request),
        closing.signal,
      )
      .catch(() => undefined)
      .finally(() => {
        queue.end()
        mounted.close()
        end = null
        setTimeout(() => {
          if (owner === null) carry(false)
        }, tryAgainAfter)
      })
  }

  carry(false)
  connection
    .watch(
      (signal) => media.watch(undefined, { signal }),
      (now) => {
        owner = now.windowId
        onVoice(owner === null ? 'nowhere' : owner === windowId ? 'here' : 'elsewhere')
        if (owner === null) carry(false)
      },
      closing.signal,
    )
    .catch(() => undefined)

  return {
    settingsChanged: readSettings,
    takeOver: () => carry(true),
    close() {
      closing.abort()
      end?.close()
    },
  }
}

const devicesOf = (all: DeskSettings): DeviceSettings => {
  const { language: _language, theme: _theme, ...devices } = all
  return devices
}

/** Requests as they come, for one reader. */
class Requests implements AsyncIterable<MediaRequest> {
  readonly #waiting: MediaRequest[] = []
  #wake: (() => void) | null = null
  #ended = false

  push(request: MediaRequest): void {
    this.#waiting.push(request)
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<MediaRequest> {
    while (true) {
      const next = this.#waiting.shift()
      if (next) yield next
      else if (this.#ended) return
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.#wake = null
      }
    }
  }
}
