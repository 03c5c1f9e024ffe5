import type { Task } from '../ui/task.svelte.ts'
import type { Client } from './client.ts'

/** Opens the system's dialog for a file to write; null if it is closed without a choice, or fails: then the task says why. */
export async function pickTarget(client: Client, task: Task, name: string): Promise<string | null> {
  let path: string | null = null
  await task.run(async () => {
    path = await client.call('host.pickTarget', { name })
  })
  return path
}
