/** `npm start`: plain JavaScript up to the check of the Node that runs it. */
import './node-version.mjs'

const { launch } = await import('./launch.ts')
await launch(process.argv.slice(2))
