import type { EvaluateResult } from '../../engine/contract.ts'
import type { Context } from './command.ts'
import { drain } from './drain.ts'
import { ensureModel } from './ensure-model.ts'
import { followRun } from './follow-run.ts'
import { formatBytes } from '../../contract/format-bytes.ts'
import { count, formatDuration, formatLoss } from './format.ts'
import { readExamples } from './read-examples.ts'
import type { Sample } from './sample.ts'
import { sideBySide } from './side-by-side.ts'

const longestAnswerTokens = 60

/** The whole loop: ask, personalize, ask again, and show what changed. */
export async function runDemo(context: Context, sample: Sample, width: number): Promise<unknown> {
  const { services, output } = context
  const startedAt = performance.now()
  const model = await ensureModel(context, undefined)
  const examples = await readExamples(context, sample.examplesFile)
  const heldOut = await readExamples(context, sample.heldOutFile)

  output.line(
    `${model.name} is asked ${count(sample.questions.length, 'question')} it can’t know the answers to.`,
  )
  const answersBefore = await askAll(context, sample.questions, model.id, null)
  const before = await measure(context, heldOut, model.id, null)

  output.line(`It learns from ${count(examples.length, 'example')} about the workshop of “${sample.name}”.`)
  const queued = services.personalize.start({ name: sample.name, model: model.id, examples })
  const run = await followRun(context, queued.id)
  const { adapter } = services.adapters.find(run.adapterId ?? sample.name)

  output.line('It is asked again.')
  const answersAfter = await askAll(context, sample.questions, model.id, adapter.id)
  const after = await measure(context, heldOut, model.id, adapter.id)

  output.line(`\n${sideBySide('BEFORE', 'AFTER', width)}`)
  sample.questions.forEach((question, index) => {
    output.line(`\n${question}`)
    output.line(sideBySide(answersBefore[index] ?? '', answersAfter[index] ?? '', width))
  })
  output.line(
    `\nLoss on ${count(heldOut.length, 'held-out example')} (the same facts in other words): ` +
      `${formatLoss(before.meanLoss)} → ${formatLoss(after.meanLoss)} nats a token.`,
  )
  output.line(
    `Loss on the examples: ${formatLoss(run.lossBefore)} → ${formatLoss(run.lossAfter)} nats a token.`,
  )
  output.line(`All that was learned takes ${formatBytes(adapter.sizeBytes)}.`)
  output.line(`Done in ${formatDuration(performance.now() - startedAt)}.`)
  output.line(`\nAsk more with: npm run veranda -- chat --adapter "${adapter.name}"`)
  return {
    adapter: adapter.name,
    questions: sample.questions.map((question, index) => ({
      question,
      before: answersBefore[index],
      after: answersAfter[index],
    })),
    heldOutLossBefore: before.meanLoss,
    heldOutLossAfter: after.meanLoss,
    lossBefore: run.lossBefore,
    lossAfter: run.lossAfter,
    adapterBytes: adapter.sizeBytes,
  }
}

async function askAll(
  { services, output, signal }: Context,
  questions: readonly string[],
  model: string,
  adapter: string | null,
): Promise<string[]> {
  const answers: string[] = []
  for (const question of questions) {
    output.progress(question, answers.length / questions.length)
    const request = {
      messages: [{ role: 'user', content: question }],
      model,
      adapter,
      // The likeliest answer, so that what differs is what was learned.
      sampling: { temperature: 0, maxTokens: longestAnswerTokens },
    } as const
    const { text } = await drain(services.chat.answer(request, signal), () => {}, signal)
    answers.push(text.trim())
  }
  return answers
}

async function measure(
  { services, output, signal }: Context,
  examples: Parameters<typeof services.evaluate>[0]['examples'],
  model: string,
  adapter: string | null,
): Promise<EvaluateResult> {
  return await drain(
    services.evaluate({ examples, model, adapter }, signal),
    ({ doneTokens, totalTokens }) =>
      output.progress('Measuring the loss on held-out examples', doneTokens / Math.max(1, totalTokens)),
    signal,
  )
}
