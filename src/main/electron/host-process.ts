import { openHost } from '../host/host.ts'
import { surviveTheUnexpected } from '../last-resort.ts'
import { openLog } from '../log.ts'
import { serveHost } from './host-service.ts'

const log = openLog('desk')
surviveTheUnexpected(log)
serveHost(process.parentPort, openHost, () => process.exit(0), log)
