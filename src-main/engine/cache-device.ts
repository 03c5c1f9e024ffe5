import { PlacedFeeds } from '../core/graph/placed-feeds.ts'
import type { Runtime, Session } from '../core/graph/runtime.ts'
import type { LlamaConfig } from '../core/llama/config.ts'
import { type CacheDevice, cutGraph } from '../core/llama/device-kv-cache.ts'

export interface OpenCacheDevice extends CacheDevice {
  close(): Promise<void>
}

/** What the caches of one model share, each part made when it is first needed. */
export function openCacheDevice(config: LlamaConfig, runtime: Runtime): OpenCacheDevice {
  const { kvHeadCount: K, headDim: D } = config
  const empty = new PlacedFeeds(runtime, 'half')
  const data = new Float32Array(K * D)
  const keys = { data, shape: [K, D, 1] }
  const values = { data, shape: [K, 1, D] }
  let cutter: Promise<Session> | null = null
  return {
    cutter: () => (cutter ??= runtime.open(cutGraph(config), { staying: ['cut.keys', 'cut.values'] })),
    emptyPlace: async () => ({ keys: await empty.placeOne(keys), values: await empty.placeOne(values) }),
    async close() {
      empty.release()
      await (await cutter)?.close()
    },
  }
}
