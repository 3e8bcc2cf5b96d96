import { parseArgs } from 'node:util'

export const usage = 'electron . --crm URL [--data DIR]'

/** What the desk was started with; Chromium's own switches are between. `crmUrl` is null when there is none that is an address. */
export type DeskArguments = { crmUrl: string | null; dataDir: string | null }

export function readArguments(argv: readonly string[]): DeskArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: { crm: { type: 'string' }, data: { type: 'string' } },
    strict: false,
    allowPositionals: true,
  })
  const { crm, data } = values
  return {
    crmUrl: typeof crm === 'string' && /^https?:$/.test(URL.parse(crm)?.protocol ?? '') ? crm : null,
    dataDir: typeof data === 'string' && data !== '' ? data : null,
  }
}

/** The arguments of Electron's program for the desk that was built in `root`; `switches` are Chromium's. */
export function writeArguments(
  root: string,
  { crmUrl, dataDir }: DeskArguments,
  switches: readonly string[] = [],
): string[] {
  return [
    ...switches,
    root,
    ...(crmUrl === null ? [] : [`--crm=${crmUrl}`]),
    ...(dataDir === null ? [] : [`--data=${dataDir}`]),
  ]
}
