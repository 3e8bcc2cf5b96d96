/**
 * Delay before the next attempt, in ms: doubles from 250 ms to 15 s, with a jitter of ±40 % so that a city's desks do not all come
 * back to a restarted exchange in the same instant.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(250 * 2 ** Math.min(attempt, 10), 15_000)
  return Math.round(base * (0.6 + random() * 0.8))
}
