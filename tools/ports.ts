import { createServer } from 'node:net'
import { remember, remembered } from './data-folder.ts'

export type Ports = { practice: number; crm: number; desk: number }

/** Whether it can be listened on; 0 asks for any free one. Resolves with the port, or null when it is taken. */
function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : null))
    })
  })
}

async function preferred(port: number): Promise<number> {
  const found = (await tryPort(port)) ?? (await tryPort(0))
  if (found === null) throw new Error('no free port on 127.0.0.1')
  return found
}

/** Those of the last start where they are free (a browser keeps permissions by origin, a sealed session its issuer), free ones otherwise. */
export async function choosePorts(): Promise<Ports> {
  const last = remembered<Ports>('ports.json') ?? { practice: 0, crm: 0, desk: 0 }
  const ports = {
    practice: await preferred(last.practice),
    crm: await preferred(last.crm),
    desk: await preferred(last.desk),
  }
  remember('ports.json', ports)
  return ports
}
