/** The voice, where this page carries it. */
export function MediaEnd() {
  return null
}
