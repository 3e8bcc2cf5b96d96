import { join } from 'node:path'

/** Where Node keeps what it compiled of our programs and their packages: they start a third faster from the second time on. */
export const compileCache = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/node-compile'),
}
