import type { Models } from '../models/model-service.ts'
import type { DeviceService } from '../services.ts'
import type { Devices } from './device-service.ts'

/** What people ask of the devices, with the models that could run on them. */
export function computerService(devices: Devices, models: Models): DeviceService {
  const state: DeviceService['state'] = () => devices.state(models.sized())
  return {
    state,
    async *measure(idOrName, signal = new AbortController().signal) {
      const model = models.list().length === 0 ? null : models.find(idOrName)
      const probed = model && { name: model.name, directory: await models.directoryOf(model) }
      yield* devices.measure(probed, signal)
      return await state()
    },
    async choose(choice) {
      await devices.choose(choice)
      return await state()
    },
    fallback: () => devices.fallback,
  }
}
