import { readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { isOurs } from './decisions.ts'

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
}

/** Answers `app://desk/…` from the folder of the built page, and from nowhere else. */
export function serveApp(rendererDir: string): (request: Request) => Promise<Response> {
  const headers = {
    'content-security-policy': policy,
    'permissions-policy':
      'microphone=(self), speaker-selection=(self), hid=(self), camera=(), geolocation=(), display-capture=()',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  }
  const nothing = (status: number) => new Response(null, { status, headers })

  return async (request) => {
    if (request.method !== 'GET') return nothing(405)
    if (!isOurs(request.url)) return nothing(404)
    const type = types[extname(new URL(request.url).pathname)]
    const path = pathIn(rendererDir, new URL(request.url).pathname)
    if (path === null || type === undefined) return nothing(404)
    try {
      return new Response(await readFile(path), { headers: { ...headers, 'content-type': type } })
    } catch {
      return nothing(404)
    }
  }
}

function pathIn(root: string, pathname: string): string | null {
  try {
    const path = join(root, decodeURIComponent(pathname))
    return path.startsWith(root + sep) && !path.includes('\0') ? path : null
  } catch {
    return null
  }
}
