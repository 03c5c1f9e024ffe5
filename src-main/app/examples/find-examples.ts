import { z } from 'zod'
import { tag } from '../../contract/entities.ts'
import type { ProcedureInput, ProcedureResult } from '../../contract/procedures.ts'
import type { ScannedExample } from '../storage/tables/examples.ts'

const storedTexts = z.array(z.object({ content: z.string() }))
const storedTags = z.array(tag)

/** The examples that fit, in the order given; the counts by status are of those that fit but for the status. */
export function findExamples(
  scanned: readonly ScannedExample[],
  { words, status, tag: wantedTag, source }: ProcedureInput<'examples.find'>,
): ProcedureResult<'examples.find'> {
  const wanted = words.trim().toLowerCase()
  const ids: string[] = []
  const counts = { new: 0, approved: 0, skipped: 0 }
  const tags = new Map<string, number>()
  for (const example of scanned) {
    const own = example.tags === '[]' ? [] : storedTags.parse(JSON.parse(example.tags))
    for (const one of own) tags.set(one, (tags.get(one) ?? 0) + 1)
    if (source !== null && example.source !== source) continue
    if (wantedTag !== null && !own.includes(wantedTag)) continue
    if (wanted !== '' && !hasWords(example, wanted)) continue
    counts[example.status]++
    if (status === null || example.status === status) ids.push(example.id)
  }
  return {
    ids,
    counts,
    tags: [...tags]
      .map(([name, count]) => ({ tag: name, count }))
      .toSorted((a, b) => a.tag.localeCompare(b.tag)),
  }
}

function hasWords({ messages }: ScannedExample, wanted: string): boolean {
  const texts = storedTexts.parse(JSON.parse(messages ?? '[]'))
  return texts.some(({ content }) => content.toLowerCase().includes(wanted))
}
