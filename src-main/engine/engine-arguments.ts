/** What an engine process is started with, as its command line says it. */
import { type Device, type DeviceOptions, theProcessor } from './device-contract.ts'

export interface EngineOptions {
  /** In float32 throughout. */
  readonly exact: boolean
  readonly device: DeviceOptions
}

export function engineArguments({ exact = false, device = theProcessor }: Partial<EngineOptions>): string[] {
  return [
    ...(exact ? ['--exact'] : []),
    `--device=${device.device}`,
    ...(device.halves ? ['--16-bit'] : []),
    ...(device.memoryBytes === null ? [] : [`--device-memory=${device.memoryBytes}`]),
  ]
}

/** A host wrote them, with `engineArguments`. */
export function readEngineArguments(argumentList: readonly string[]): EngineOptions {
  const value = (name: string): string | undefined =>
    argumentList.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
  const [device, memory] = [value('device'), value('device-memory')]
  return {
    exact: argumentList.includes('--exact'),
    device: {
      device: (device ?? 'cpu') as Device,
      memoryBytes: memory === undefined ? null : Number(memory),
      halves: argumentList.includes('--16-bit'),
    },
  }
}
