import { command, type Command } from '../command.ts'
import { formatBytes } from '../../../contract/format-bytes.ts'
import { formatLoss, formatTable } from '../format.ts'

export const adapterCommands: readonly Command[] = [
  command({
    words: 'adapters list',
    summary: 'Lists the adapters.',
    options: {},
    async run({ services, output }) {
      const adapters = services.adapters.list()
      output.line(
        adapters.length === 0
          ? 'There is no adapter yet; “veranda personalize FILE --name N” makes one.'
          : formatTable(
              ['NAME', 'MODEL', 'RANK', 'LOSS BEFORE', 'AFTER', 'SIZE'],
              adapters.map((adapter) => [
                adapter.name,
                adapter.modelId,
                String(adapter.rank),
                formatLoss(adapter.lossBefore),
                formatLoss(adapter.lossAfter),
                formatBytes(adapter.sizeBytes),
              ]),
            ),
      )
      return { adapters }
    },
  }),
  command({
    words: 'adapters show',
    summary: 'Says everything about one adapter.',
    required: ['N'],
    options: {},
    async run({ services, output }, { positionals: [name = ''] }) {
      const { adapter } = services.adapters.find(name)
      const rows = Object.entries({
        name: adapter.name,
        id: adapter.id,
        model: adapter.modelId,
        'base model (SHA-256)': adapter.modelHash,
        rank: adapter.rank,
        targets: adapter.targets.join(', '),
        'projection key': adapter.projectionKey,
        parameters: adapter.parameterCount,
        size: formatBytes(adapter.sizeBytes),
        'loss before (nats a token)': formatLoss(adapter.lossBefore),
        'loss after (nats a token)': formatLoss(adapter.lossAfter),
        'made by': adapter.origin,
        'made of': adapter.parents
          .map(({ name: of, weight }) => (weight === null ? of : `${of}:${weight}`))
          .join(', '),
        notes: adapter.notes,
        made: new Date(adapter.createdAt).toISOString(),
      })
      const width = Math.max(...rows.map(([label]) => label.length))
      for (const [label, value] of rows) output.line(`${label.padEnd(width)}  ${value}`)
      return adapter
    },
  }),
  command({
    words: 'adapters blend',
    summary: 'Adds up what two adapters learned, each times its strength, as a new adapter.',
    required: ['NAME', 'A[:STRENGTH]', 'B[:STRENGTH]'],
    options: {},
    async run({ services, output, signal }, { positionals: [name = '', ...references] }) {
      const parts = references.map((reference) => {
        const { adapter, strength } = services.adapters.find(reference)
        return { id: adapter.id, weight: strength }
      })
      const blend = await services.adapters.blend({ name, parts }, signal)
      output.line(`“${blend.name}” does what ${references.join(' and ')} do.`)
      return blend
    },
  }),
  command({
    words: 'adapters remove',
    summary: 'Removes an adapter.',
    required: ['N'],
    options: {},
    async run({ services, output }, { positionals: [name = ''] }) {
      const { adapter } = services.adapters.find(name)
      services.adapters.remove(adapter.id)
      output.line(`“${adapter.name}” was removed.`)
      return { removed: adapter.name }
    },
  }),
]
