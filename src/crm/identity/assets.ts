import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const font = (weight: number): string =>
  createRequire(import.meta.url).resolve(
    `@fontsource/titillium-web/files/titillium-web-latin-${weight}-normal.woff2`,
  )

const files: Record<string, { type: string; path: string }> = {
  // The desk's own tokens, so that signing in looks like the place one signs in to.
  'tokens.css': { type: 'text/css; charset=utf-8', path: beside('../../renderer/src/ui/tokens.css') },
  'sign-in.css': { type: 'text/css; charset=utf-8', path: beside('sign-in.css') },
  'mark.svg': { type: 'image/svg+xml', path: beside('mark.svg') },
  'titillium-400.woff2': { type: 'font/woff2', path: font(400) },
  'titillium-600.woff2': { type: 'font/woff2', path: font(600) },
  'titillium-700.woff2': { type: 'font/woff2', path: font(700) },
}

export type Asset = { type: string; content: Buffer }

/** What the sign-in page loads, by name. */
export const readAssets = async (): Promise<Map<string, Asset>> =>
  new Map(
    await Promise.all(
      Object.entries(files).map(
        async ([name, { type, path }]) => [name, { type, content: await readFile(path) }] as const,
      ),
    ),
  )
