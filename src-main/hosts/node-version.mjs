/**
 * Import it first: ends the program with one readable line where the running Node is too old.
 *
 * 24 is the first that runs our TypeScript as it is (`using` in it is part of JavaScript there). On Linux x64 `npm ci` brings a newer Node along, and npm
 * scripts use it; elsewhere the installed one counts.
 */
const [major = 0] = process.versions.node.split('.').map(Number)

if (major < 24) {
  console.error(
    `Veranda needs Node 24 or newer to run from source, and this is Node ${process.versions.node}. ` +
      'Install a newer one from https://nodejs.org (or run `npm ci` first: on Linux x64 it brings one along).',
  )
  process.exit(1)
}
