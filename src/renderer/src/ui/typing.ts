/** Whether an element takes what is typed. */
export const isEditable = (target: EventTarget | null): target is HTMLElement =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !['radio', 'checkbox', 'range', 'button'].includes(target.type)))

/** Somebody has the cursor in a field: nothing may take the focus from it. */
export const isTyping = (): boolean => isEditable(document.activeElement)

/** Calls `then` once, when the field is taken from the page: React hears no blur of what it removes. Returns how to stop waiting. */
export function whenGone(field: HTMLElement, then: () => void): () => void {
  const observer = new MutationObserver(() => {
    if (field.isConnected) return
    observer.disconnect()
    then()
  })
  observer.observe(field.ownerDocument, { childList: true, subtree: true })
  return () => observer.disconnect()
}

/** After this long without a key, hands are taken to have noticed that their field is gone. */
const handsStopAfter = 1500

/** Knows fields that vanished under the hands: what is still being typed then is meant for no key of ours. */
export class VanishedField {
  #field: HTMLElement | null = null
  #at = 0

  /** Asked for every key that goes down, with where it goes. True: it belongs to a field that is gone. */
  swallows(target: EventTarget | null, now: number): boolean {
    if (isEditable(target)) {
      this.#field = target
      this.#at = now
      return false
    }
    if (!this.#field || this.#field.isConnected || now - this.#at > handsStopAfter) {
      this.#field = null
      return false
    }
    this.#at = now
    return true
  }
}
