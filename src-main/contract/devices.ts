/** What a screen is told of this computer: its devices, how fast they are, and which models fit. */
import { z } from 'zod'
import { told } from './told.ts'
import { procedure } from './procedure.ts'

export const deviceNames = ['cpu', 'webgpu', 'dml', 'coreml', 'cuda'] as const
const deviceName = z.enum(deviceNames)

export const deviceChoice = z.enum(['auto', ...deviceNames])
export type DeviceChoice = z.infer<typeof deviceChoice>

/** What is being done with a device. */
const deviceStage = z.object({ device: deviceName, stage: z.enum(['test', 'chat', 'training']) })
export type DeviceStage = z.infer<typeof deviceStage>

export const deviceMeasure = z.object({
  modelName: z.string(),
  /** Of a question's text, of an answer, and of the examples that are trained on. */
  promptTokensPerSecond: z.number(),
  tokensPerSecond: z.number(),
  trainingTokensPerSecond: z.number(),
  measuredAt: z.number(),
})

const device = z.object({
  device: deviceName,
  /** What the system calls it; null where it says nothing. */
  hardware: z.string().nullable(),
  /** Of its own; null where it is not known or shared with the processor. */
  memoryBytes: z.number().nullable(),
  state: z.enum(['untested', 'works', 'fails']),
  /** Why it fails, or is slower than it could be. */
  reason: told.nullable(),
  measure: deviceMeasure.nullable(),
  /** Whether it computes in 16 bits what can be. */
  halves: z.boolean(),
  /** Why it doesn't, where that was tried. */
  halvesReason: told.nullable(),
})
export type DeviceEntry = z.infer<typeof device>

const fit = z.enum(['fits', 'tight', 'exceeds'])
export type Fit = z.infer<typeof fit>

const modelFit = z.object({
  name: z.string(),
  installed: z.boolean(),
  /** About what it takes of the memory of the device in use. */
  chatBytes: z.number(),
  chat: fit,
  trainingBytes: z.number(),
  training: fit,
  /** Whether a training took so much here, else it is an estimate. */
  isMeasured: z.boolean(),
})
export type ModelFit = z.infer<typeof modelFit>

const computer = z.object({
  memoryBytes: z.number(),
  freeMemoryBytes: z.number(),
  threads: z.number(),
  devices: z.array(device),
  choice: deviceChoice,
  inUse: deviceName,
  /** Why it is not the device that was chosen; null where it is. */
  fallback: told.nullable(),
  models: z.array(modelFit),
})
export type Computer = z.infer<typeof computer>

export const deviceProcedures = {
  'devices.state': procedure(z.object({}), z.never(), computer),
  /** Tests every device against the processor and measures it with a model; null is the default model. */
  'devices.measure': procedure(
    z.object({ modelId: z.string().min(1).max(100).nullable() }),
    deviceStage,
    computer,
  ),
  'devices.choose': procedure(z.object({ choice: deviceChoice }), z.never(), computer),
} as const
