import { defaultSettings } from '#contract/desk.ts'
import type { MediaRequest } from '#contract/media.ts'
import type { Connection } from '../host/connection.ts'
import type { DeviceSettings } from './link.ts'
import { type MediaEndHandle, mountMediaEnd } from './media-end.ts'

/**
 * The media end of this window's host, with the settings that the host keeps. `settingsChanged` reads them again.
 * When another window attaches, the host refuses this one, and it closes.
 */
export function mountDeskMedia(connection: Connection): { settingsChanged(): void; close(): void } {
  const { media, settings } = connection.desk
  const closing = new AbortController()
  const queue = new Requests()
  const quietly = (work: Promise<unknown>) => void work.catch(() => undefined)

  const end: MediaEndHandle = mountMediaEnd(
    {
      requests: queue,
      answer: (answer) => quietly(media.answer(answer)),
      notify: (notice) => quietly(media.notify(notice)),
    },
    devicesOf(defaultSettings),
  )
  const readSettings = () => quietly(settings.get().then((now) => end.setDevices(devicesOf(now))))

  connection
    .watch(
      async (signal) => {
        const requests = await media.attach(undefined, { signal })
        end.reattached()
        readSettings()
        return requests
      },
      (request) => queue.push(request),
      closing.signal,
    )
    .catch(() => undefined)
    .finally(() => queue.end())

  return {
    settingsChanged: readSettings,
    close() {
      closing.abort()
      end.close()
    },
  }
}

const devicesOf = (all: DeviceSettings): DeviceSettings => ({
  microphoneId: all.microphoneId,
  speakerId: all.speakerId,
  ringerId: all.ringerId,
  ringVolume: all.ringVolume,
})

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
