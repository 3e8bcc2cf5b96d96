import { isIP } from 'node:net'

/**
 * The proxies that a comma-separated list names, by address or range (`10.0.0.7, 10.1.0.0/16, 2001:db8::/32`); null when one is neither, or is everybody:
 * who is believed about where a request comes from decides who waits after failed sign-ins.
 */
export function readProxies(list: string): string[] | null {
  const proxies = list
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  return proxies.every(isProxy) ? proxies : null
}

function isProxy(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}
