import { expect, test } from 'vitest'
import type { Adapter } from '../../src-main/contract/entities.ts'
import { familiesOf } from '../../src-renderer/assistants/families.ts'

function adapter(id: string, createdAt: number, changes: Partial<Adapter> = {}): Adapter {
  return {
    id,
    name: id,
    modelId: 'm',
    modelHash: 'h',
    rank: 4,
    targets: ['q_proj'],
    projectionKey: 0,
    parameterCount: 1,
    sizeBytes: 1,
    runId: null,
    origin: 'trained',
    parents: [],
    notes: '',
    lossBefore: null,
    lossAfter: null,
    createdAt,
    ...changes,
  }
}

const of = (...ids: string[]) => ({ parents: ids.map((id) => ({ id, name: id, weight: null })) })

test('versions stand below what they were made of, families by their newest version', () => {
  const families = familiesOf([
    adapter('pim', 1),
    adapter('tom', 4),
    adapter('pim2', 2, { origin: 'continued', ...of('pim') }),
    adapter('pim4', 6, { origin: 'forgot', ...of('pim') }),
    adapter('pim3', 3, { origin: 'forgot', ...of('pim2') }),
    adapter('orphan', 5, { origin: 'continued', ...of('gone') }),
    adapter('both', 7, { origin: 'blended', ...of('pim', 'tom') }),
  ])
  expect(families.map((family) => family.map(({ adapter: { id }, depth }) => `${depth} ${id}`))).toEqual([
    ['0 both'],
    ['0 pim', '1 pim2', '2 pim3', '1 pim4'],
    ['0 orphan'],
    ['0 tom'],
  ])
})

test('there may be none', () => expect(familiesOf([])).toEqual([]))
