import { presetSettings } from '../../../src-main/app/personalize/presets.ts'
import { readReplayQuestions } from '../../../src-main/app/personalize/question-files.ts'
import { trainingPreset } from '../../../src-main/contract/entities.ts'
import { loadCodecs } from '../../../src-main/engine/native-codecs.ts'
import { EngineResources } from '../../../src-main/engine/resources.ts'
import { chooseRuntime } from '../../../src-main/engine/runtime.ts'
import { modelDirectory } from '../../model-files.ts'
import type { Study } from '../benchmark.ts'
import { knowledge, learn, questionCounts } from '../learning/learn.ts'
import { persona } from '../learning/persona.ts'
import { threads } from './real-model.ts'

/** What the default model knows before and after each preset has learned the sample persona. */
export const learning: Study = {
  name: 'learning',
  description: 'what is known of the learned, of the same in other words, and of the world, by preset',
  async run() {
    if (modelDirectory === null) return null
    const resources = new EngineResources(chooseRuntime({ threads, exact: false }).runtime, loadCodecs())
    const replayQuestions = await readReplayQuestions('resources')
    const before = await knowledge(resources, modelDirectory, null)
    const presets: Record<string, unknown> = {}
    for (const preset of trainingPreset.options) {
      const settings = presetSettings(preset)
      presets[preset] = await learn(resources, modelDirectory, {
        examples: persona,
        replay: replayQuestions.slice(0, settings.replay).map((content) => [{ role: 'user', content }]),
        settings,
      })
    }
    await resources.release(modelDirectory)
    return { questions: questionCounts, before, ...presets }
  },
}
