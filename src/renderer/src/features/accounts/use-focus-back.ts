import { type RefObject, useEffect, useRef } from 'react'

/** What was open is gone, and the focus with it: the first button that stands in its place has it. */
export function useFocusBack(isOpen: boolean, place: RefObject<HTMLElement | null>): void {
  const wasOpen = useRef(isOpen)
  useEffect(() => {
    if (wasOpen.current && !isOpen && document.activeElement === document.body)
      place.current?.querySelector('button')?.focus()
    wasOpen.current = isOpen
  }, [isOpen, place])
}
