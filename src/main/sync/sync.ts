export { openCrmClient } from './crm-client.ts'
export { openSync } from './loop.ts'
export type { CrmClient, CrmOptions, DeviceCredential, Sync, SyncOptions } from './model.ts'
