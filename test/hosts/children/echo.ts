/** Says with what it was started: an entry for test/hosts/run.test.ts. */
console.log(JSON.stringify({ entry: import.meta.filename, argv: process.argv.slice(1) } satisfies object))
