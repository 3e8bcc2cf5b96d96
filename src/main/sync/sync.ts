export { openCrmClient } from './crm-client.ts'
export { openCrmHome } from './home.ts'
export { openSync } from './loop.ts'
export type { CrmClient, DeviceCredential, Sync } from './model.ts'
