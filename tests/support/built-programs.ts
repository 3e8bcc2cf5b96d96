import { buildPrograms } from '../../tools/build.ts'

/** Vitest's global setup: the programs that tests start as processes, made from the sources as they are. */
export default () => buildPrograms(console.log)
