import { ariaShortcut, type KeyId, keys } from './keys.ts'

type Told = (element: Element | null) => () => void

const made = new Map<KeyId, Told>()

/** A `ref` that tells assistive technology the key of a control: React Aria's components keep `aria-keyshortcuts` to themselves. */
export function toldKey(id: KeyId): Told {
  const told: Told =
    made.get(id) ??
    ((element) => {
      element?.setAttribute('aria-keyshortcuts', ariaShortcut(keys[id].chord))
      return () => element?.removeAttribute('aria-keyshortcuts')
    })
  made.set(id, told)
  return told
}
