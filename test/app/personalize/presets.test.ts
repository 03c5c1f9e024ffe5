import { expect, test } from 'vitest'
import { presetSettings } from '../../../src-main/app/personalize/presets.ts'

test('a larger model learns at a smaller rate, the default model at the default one', () => {
  const { learningRate } = presetSettings()
  const rateOf = (parameterCount: number) => presetSettings('balanced', parameterCount).learningRate
  expect(rateOf(1000)).toBe(learningRate)
  expect(rateOf(134_515_008)).toBe(learningRate)
  expect(rateOf(1_235_814_400)).toBe(0.022)
  expect(rateOf(7e9)).toBe(0.0039)
})
