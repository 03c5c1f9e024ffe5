/** What was found out about the devices, kept in the database. */
import { z } from 'zod'
import { told } from '../../contract/told.ts'
import { sentence } from '../../contract/sentence.ts'
import { deviceChoice, deviceMeasure, deviceNames, type DeviceChoice } from '../../contract/devices.ts'
import type { Device } from '../../engine/device-contract.ts'
import type { Storage } from '../storage/storage.ts'

const record = z.object({
  works: z.boolean(),
  reason: told.nullable(),
  measure: deviceMeasure.nullable(),
  /** Whether it computes in 16 bits what can be, and why it doesn't, where that was tried. */
  halves: z.boolean().default(false),
  halvesReason: told.nullable().default(null),
})
export type DeviceRecord = z.infer<typeof record>
export type DeviceRecords = Partial<Record<Device, DeviceRecord>>

const stored = z.object({
  /** Records of another are of no worth: see `fingerprintOf`. */
  fingerprint: z.string(),
  records: z.partialRecord(z.enum(deviceNames), record),
})

export interface DeviceStore {
  /** What was found out under this fingerprint. */
  records(fingerprint: string): DeviceRecords
  /** Under any. */
  hasRecords(): boolean
  keep(fingerprint: string, device: Device, record: DeviceRecord): void
  choice(): DeviceChoice
  choose(choice: DeviceChoice): void
}

export function deviceStore({ settings }: Pick<Storage, 'settings'>): DeviceStore {
  const read = () => stored.safeParse(settings.get('devices')).data
  const records = (fingerprint: string): DeviceRecords => {
    const known = read()
    return known?.fingerprint === fingerprint ? known.records : {}
  }
  return {
    records,
    hasRecords: () => read() !== undefined,
    keep: (fingerprint, device, found) =>
      settings.put('devices', { fingerprint, records: { ...records(fingerprint), [device]: found } }),
    choice: () => deviceChoice.catch('auto').parse(settings.get('device')),
    choose: (choice) => settings.put('device', choice),
  }
}

/** The device that answered and trained fastest of those that work; the processor until others were measured. */
export function fastest(records: DeviceRecords): Device {
  const speed = (device: Device): number => speedOf(records[device])
  return deviceNames.reduce((best, device) => (speed(device) > speed(best) ? device : best), 'cpu')
}

/** What a device is used with: in 16 bits, which take half the memory, where that is right and not slower. */
export function inBetterPrecision(full: DeviceRecord, halved: DeviceRecord): DeviceRecord {
  if (!halved.works) return { ...full, halvesReason: halved.reason }
  if (speedOf(halved) < speedOf(full)) return { ...full, halvesReason: sentence`It is slower in 16 bits.` }
  return { ...halved, halves: true }
}

/** In chat and training; 0 where it wasn't measured or doesn't work. */
function speedOf(record: DeviceRecord | undefined): number {
  if (record?.works !== true || record.measure === null) return 0
  return Math.sqrt(record.measure.tokensPerSecond * record.measure.trainingTokensPerSecond)
}
