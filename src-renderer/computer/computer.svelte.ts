/** What is known of this computer, and measuring its devices. */
import { createContext } from 'svelte'
import type { Computer as ComputerState, DeviceChoice, DeviceStage } from '../../src-main/contract/devices.ts'
import type { Client } from '../channel/client.ts'
import { Loadable } from '../ui/loadable.svelte.ts'
import { Task } from '../ui/task.svelte.ts'

export class Computer {
  readonly state: Loadable<ComputerState>
  readonly measuring = new Task()
  readonly choosing = new Task()
  /** What is being measured. */
  stage = $state.raw<DeviceStage | null>(null)
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
    this.state = new Loadable(() => client.call('devices.state', {}))
  }

  async measure(): Promise<void> {
    this.stage = null
    await this.measuring.run(async (signal) => {
      const onEvent = (stage: DeviceStage): void => void (this.stage = stage)
      this.state.value = await this.#client.call('devices.measure', { modelId: null }, { signal, onEvent })
    })
    this.stage = null
  }

  async choose(choice: DeviceChoice): Promise<void> {
    await this.choosing.run(async () => {
      this.state.value = await this.#client.call('devices.choose', { choice })
    })
  }
}

export const [useComputer, provideComputer] = createContext<Computer>()
