import type { Estimate } from '../../contract/estimate.ts'
import type { PersonalizeRequest } from '../../app/services.ts'
import type { Context } from './command.ts'
import { drain } from './drain.ts'
import { formatBytes } from '../../contract/format-bytes.ts'
import { count, formatDuration } from './format.ts'

/** Measures what a run would take, and says it. */
export async function tellEstimate(context: Context, request: PersonalizeRequest): Promise<Estimate> {
  const { services, output, signal } = context
  const estimate = await drain(
    services.personalize.estimate(request, signal),
    ({ share }) => output.progress('Taking a few steps', share),
    signal,
  )
  for (const line of estimateLines(estimate)) output.line(line)
  return estimate
}

function estimateLines(estimate: Estimate): string[] {
  const { steps, tokens, trainingMs, otherMs, tokensPerSecond, fits, exampleCount, heldOutCount } = estimate
  const memory = `${formatBytes(estimate.peakMemoryBytes)} of memory, of ${formatBytes(estimate.availableMemoryBytes)} that it can have`
  const lines = [
    `${count(steps, 'step')} over ${count(exampleCount, 'example')}, ${count(heldOutCount, 'example')} held out, ${count(tokens, 'token')} in all.`,
  ]
  if (fits === 'no') {
    lines.push(
      `It will not fit: it needs about ${memory}. Leave out the examples with more than ${count(estimate.passTokens, 'token')} ` +
        `(the longest has ${estimate.longestTokens}), adapt fewer layers with --layer-share, close other programs, or choose a smaller model.`,
    )
    return lines
  }
  lines.push(
    `It takes ${formatDuration(trainingMs + otherMs)}: ${Math.round(tokensPerSecond)} tokens a second by ${count(estimate.measuredSteps, 'step')} that were taken; ${memory}.`,
  )
  if (fits === 'in-smaller-passes') {
    lines.push(
      `Not every step fits at once; it will work in passes of ${count(estimate.passTokens, 'token')}, which takes longer.`,
    )
  }
  if (estimate.besideRun) lines.push('Another run was learning meanwhile: alone it is faster.')
  return lines
}
