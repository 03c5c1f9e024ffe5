import { randomUUID } from 'node:crypto'
import type { Example } from '../../contract/entities.ts'

/** What a person wrote or chose needs no review; what a file or a machine brought may. */
export function newExample(
  provenance: Example['provenance'],
  content: Pick<Example, 'messages'> & Partial<Pick<Example, 'rejected' | 'status' | 'tags'>>,
  now = Date.now(),
): Example {
  const { messages, rejected = null, status = 'approved', tags = [] } = content
  return { id: randomUUID(), messages, rejected, status, tags, provenance, createdAt: now, updatedAt: now }
}
