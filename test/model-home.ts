/** Where tests keep the one model they share: a data folder of the app, filled by test/run.ts. */
import { resolve } from 'node:path'

/** `VERANDA_TEST_HOME` lets a machine that tests often keep the download; else it goes with node_modules. */
export const testHome = resolve(process.env.VERANDA_TEST_HOME ?? 'node_modules/.cache/veranda')
