import { openHost } from '../host/host.ts'
import { openLog } from '../log.ts'
import { serveHost } from './host-service.ts'

serveHost(process.parentPort, openHost, () => process.exit(0), openLog('desk'))
