import { PlacedFeeds } from '../core/graph/placed-feeds.ts'
import type { Runtime } from '../core/graph/runtime.ts'
import { SessionCache } from '../core/graph/session-cache.ts'
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
  const sessions = new SessionCache(runtime)
  const staying = ['cut.keys', 'cut.values']
  return {
    cutter: () =>
      sessions.open(
        'cut',
        () => cutGraph(config),
        () => ({ staying }),
      ),
    emptyPlace: async () => ({ keys: await empty.placeOne(keys), values: await empty.placeOne(values) }),
    async close() {
      empty.release()
      await sessions.close()
    },
  }
}
