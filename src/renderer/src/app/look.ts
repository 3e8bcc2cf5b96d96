import type { z } from 'zod'
import { Settings } from '#contract/desk.ts'

/** Language and theme as last seen, so that the first picture is right before the host has spoken. The host's settings are the truth. */
const Look = Settings.pick({ language: true, theme: true })
type Look = z.infer<typeof Look>

const place = 'ascolto.look'

export function rememberedLook(): Look {
  const fallback: Look = { language: navigator.language.startsWith('en') ? 'en' : 'it', theme: 'system' }
  let look = fallback
  try {
    const kept = Look.safeParse(JSON.parse(localStorage.getItem(place) ?? 'null'))
    if (kept.success) look = kept.data
  } catch {
    // Storage may be closed to this page; the fallback is fine.
  }
  apply(look)
  return look
}

export function rememberLook(look: Look): void {
  apply(look)
  try {
    localStorage.setItem(place, JSON.stringify({ language: look.language, theme: look.theme }))
  } catch {
    // See above.
  }
}

function apply({ language, theme }: Look): void {
  const root = document.documentElement
  root.lang = language
  if (theme === 'system') delete root.dataset.theme
  else root.dataset.theme = theme
}
