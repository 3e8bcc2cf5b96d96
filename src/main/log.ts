import { type DestinationStream, type Logger, pino } from 'pino'

/** Keys whose values never reach a log, two levels deep: secrets and what names a person. */
const redacted = [
  'password',
  'secret',
  'token',
  'accessToken',
  'refreshToken',
  'idToken',
  'authorization',
  'cookie',
  'url',
  'number',
  'e164',
  'fiscalCode',
  'note',
].flatMap((key) => [key, `*.${key}`, `*.*.${key}`])

/** A logger to stderr, one JSON object a line. `ASCOLTO_LOG` is the level: `info` unless set. */
export function openLog(name: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    { name, level: process.env.ASCOLTO_LOG ?? 'info', redact: { paths: redacted, censor: '[redacted]' } },
    destination,
  )
}
