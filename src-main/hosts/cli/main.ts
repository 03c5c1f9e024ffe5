/** The entry of the `veranda` command. */
import { thisProcess } from './this-process.ts'
import { runVeranda } from './veranda.ts'

process.exitCode = await runVeranda(process.argv.slice(2), await thisProcess())
