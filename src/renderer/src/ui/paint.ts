/** A page that nobody sees paints nothing: it goes on after this time. */
const unpaintedMs = 100

/** Runs `work` once the coming frame is painted; returns how to call it off. */
export function afterPaint(work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const cancel = () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer)
    timer = setTimeout(work)
  })
  timer = setTimeout(() => {
    cancel()
    work()
  }, unpaintedMs)
  return cancel
}
