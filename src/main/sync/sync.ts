export { openCrmClient } from './crm-client.ts'
export { openSync } from './loop.ts'
export type { CrmClient, DeviceCredential, Sync } from './model.ts'
