/** The engine process: the one process that owns tensors. Started by a host, talks to its parent only. */
import { readEngineArguments } from './engine-arguments.ts'
import { runMessageLoop } from './message-loop.ts'
import { createOperations } from './operations.ts'
import { parentPort } from './parent-port.ts'

// Ctrl+C in a terminal reaches every process of the group; what it means is the parent's to decide.
process.on('SIGINT', () => {})

runMessageLoop(createOperations(readEngineArguments(process.argv)), parentPort(), () => process.exit(0))
