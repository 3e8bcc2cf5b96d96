/**
 * Whether a host, written as `URL.hostname` writes it or as a program's argument, can only be this machine: a security rule, since
 * what travels there may go without TLS. Strict: `localhost`, an address of 127.0.0.0/8 in four decimal numbers, `::1`. Other
 * spellings of the same (`localhost.`, `::ffff:127.0.0.1`, one number) are read differently by different programs, and are refused;
 * `URL` turns those that it knows into one of these itself.
 */
export function isLoopbackHost(host: string): boolean {
  if (/^localhost$/i.test(host) || host === '::1' || host === '[::1]') return true
  const octets = /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)?.slice(1)
  return octets?.every((octet) => String(Number(octet)) === octet && Number(octet) <= 255) ?? false
}
