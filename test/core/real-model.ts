import { modelFile } from '../model-files.ts'

/** SmolLM2-135M-Instruct.Q4_1.gguf where test/run.ts fetched it; tests that need it are skipped without it. */
export const realModelPath = modelFile ?? ''

export const hasRealModel = modelFile !== null
