import { inEnglish } from '../../../contract/sentence.ts'
import type { Computer, DeviceEntry } from '../../../contract/devices.ts'
import { command } from '../command.ts'
import { drain } from '../drain.ts'
import { formatBytes } from '../../../contract/format-bytes.ts'
import { formatTable } from '../format.ts'
import { flag, onDevice, text } from '../options.ts'

const stages = {
  test: 'testing its numbers',
  chat: 'measuring answers',
  training: 'measuring training',
} as const

export const deviceCommand = command({
  words: 'devices',
  summary: 'Says what this computer computes with, how fast it is, and which models fit.',
  options: {
    probe: flag('test every device and measure it'),
    use: { ...onDevice, help: 'compute there from now on; auto is the fastest that was measured' },
    model: text('ID', 'measure with this model, by id or name'),
  },
  async run({ services, output, signal }, { values }) {
    let computer = values.use === undefined ? null : await services.devices.choose(values.use)
    if (values.probe === true) {
      const measuring = services.devices.measure(values.model ?? null, signal)
      computer = await drain(
        measuring,
        ({ device, stage }) => output.note(`${device}: ${stages[stage]}`),
        signal,
      )
    }
    computer ??= await services.devices.state()
    output.line(deviceTable(computer))
    if (computer.devices.some(({ measure }) => measure === null))
      output.line('Not measured: “veranda devices --probe” does it.')
    output.line(`\n${modelTable(computer)}`)
    return computer
  },
})

function deviceTable({ devices, inUse }: Computer): string {
  const speed = (tokensPerSecond: number | undefined): string =>
    tokensPerSecond === undefined ? '–' : `${tokensPerSecond.toFixed(1)} tokens/s`
  return formatTable(
    ['', 'DEVICE', 'STATE', 'ANSWERS', 'TRAINING', 'MEMORY', 'HARDWARE'],
    devices.map(({ device, measure, memoryBytes, hardware, ...entry }) => [
      device === inUse ? '*' : '',
      device,
      stateOf(entry),
      speed(measure?.tokensPerSecond),
      speed(measure?.trainingTokensPerSecond),
      memoryBytes === null ? '–' : formatBytes(memoryBytes),
      hardware ?? '–',
    ]),
  )
}

function stateOf({ state, reason }: Pick<DeviceEntry, 'state' | 'reason'>): string {
  return state === 'fails' && reason !== null ? `fails: ${inEnglish(reason)}` : state
}

function modelTable({ models }: Computer): string {
  return formatTable(
    ['MODEL', 'CHAT', 'TRAINING'],
    models.map(({ name, chat, chatBytes, training, trainingBytes }) => [
      name,
      `${chat}, about ${formatBytes(chatBytes)}`,
      `${training}, about ${formatBytes(trainingBytes)}`,
    ]),
  )
}
