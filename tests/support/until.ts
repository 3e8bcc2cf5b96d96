/** Waits until a condition holds; fails with what was waited for. For things that tell nobody when they change, such as counters. */
export async function until<T>(
  what: string,
  condition: () => T | null | undefined | false,
  timeoutMs = 30_000,
): Promise<T> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const value = condition()
    if (value !== null && value !== undefined && value !== false) return value
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
