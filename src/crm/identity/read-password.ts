import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** From a terminal, without echo, twice; else the first line of what is piped in. Never from arguments, which every user of a computer can read. */
export async function readPassword(): Promise<string> {
  if (!process.stdin.isTTY) {
    for await (const line of createInterface({ input: process.stdin })) return line
    return ''
  }
  for (;;) {
    const password = await ask('Password: ')
    if (password === (await ask('Again: '))) return password
    process.stderr.write('They differ.\n')
  }
}

async function ask(prompt: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  process.stderr.write(prompt)
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
