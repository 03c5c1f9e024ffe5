import { release } from 'node:os'
import { graphics } from 'systeminformation'

export interface GraphicsCard {
  readonly name: string
  /** Of its own; null where it shares the processor's. */
  readonly memoryBytes: number | null
  readonly driver: string
}

/** The graphics cards as the system lists them, the one with most memory first; none where it tells nothing. */
export async function readGraphicsCards(): Promise<readonly GraphicsCard[]> {
  const { controllers } = await graphics()
  return controllers
    .map(({ vendor, model, vram, vramDynamic, driverVersion }) => ({
      name: model.startsWith(vendor) ? model : `${vendor} ${model}`.trim(),
      memoryBytes: vramDynamic || vram === null ? null : vram * 2 ** 20,
      driver: driverVersion ?? '',
    }))
    .toSorted((a, b) => (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0))
}

/** Changes when a device may compute otherwise than when it was tested: other cards, drivers or libraries. */
export function fingerprintOf(cards: readonly GraphicsCard[], libraryVersion: string): string {
  return JSON.stringify([libraryVersion, release(), ...cards.map(({ name, driver }) => `${name} ${driver}`)])
}
