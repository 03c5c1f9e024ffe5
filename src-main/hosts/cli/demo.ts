/** `npm run demo`: the whole loop in a terminal on the sample persona. What it makes can be talked to afterwards. */
import { join } from 'node:path'
import { resourcesDirectory } from '../local-app.ts'
import { command } from './command.ts'
import { runCommand } from './run-command.ts'
import { runDemo } from './run-demo.ts'
import { readSample } from './sample.ts'
import { thisProcess } from './this-process.ts'

const widest = 120

const demo = command({
  words: 'demo',
  calledAs: 'npm run demo --',
  summary: 'Asks the model, personalizes it on the sample data, and asks again. Takes some minutes.',
  options: {},
  async run(context) {
    const sample = await readSample(join(resourcesDirectory, 'samples'))
    return await runDemo(context, sample, Math.min(widest, process.stdout.columns ?? 80))
  },
})

process.exitCode = await runCommand(demo, process.argv.slice(2), await thisProcess())
