/**
 * Runs a TypeScript entry: `node src-main/hosts/run.mjs ENTRY [argument ...]`, ENTRY from the current folder.
 *
 * An old Node can't even parse what it would run, and its own message helps nobody; this file is plain
 * JavaScript so that it can speak first. The entry sees the arguments as if it had been started itself.
 */
import './node-version.mjs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [node = '', , entry = '', ...rest] = process.argv
const path = resolve(entry)
process.argv = [node, path, ...rest]
await import(pathToFileURL(path).href)
