import { command } from '../command.ts'
import { drain } from '../drain.ts'
import { ensureModel } from '../ensure-model.ts'
import { count } from '../format.ts'
import { flag, onDevice, text } from '../options.ts'
import { readExamples } from '../read-examples.ts'

export const evaluateCommand = command({
  words: 'evaluate',
  summary: 'Measures how well the answers of a file are predicted: mean loss, tokens, perplexity.',
  required: ['FILE'],
  options: {
    adapter: text('N', 'with this adapter, NAME[:STRENGTH]; its model is used'),
    exact: flag('in float32 throughout: slower, and to the last digit'),
    device: onDevice,
  },
  async run(context, { positionals: [file = ''], values }) {
    const { services, output, signal } = context
    const examples = await readExamples(context, file)
    const model = await ensureModel(context, undefined, values.adapter)
    const result = await drain(
      services.evaluate({ examples, model: model.id, adapter: values.adapter ?? null }, signal),
      ({ doneTokens, totalTokens }) =>
        output.progress(
          `Measuring: ${doneTokens} of ${totalTokens} tokens`,
          doneTokens / Math.max(1, totalTokens),
        ),
      signal,
    )
    output.line(
      `Loss ${result.meanLoss.toFixed(4)} nats a token over ${count(result.tokens, 'token')} ` +
        `of ${count(examples.length, 'example')}; perplexity ${result.perplexity.toFixed(3)}.`,
    )
    return { ...result, model: model.id, adapter: values.adapter ?? null }
  },
})
