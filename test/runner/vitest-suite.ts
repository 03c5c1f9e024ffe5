import { startVitest, type TestModule } from 'vitest/node'
import { add, nothing, type Tally } from './tally.ts'

/** Runs the test files whose path contains one of the filters (all of them without any). */
export async function runVitest(filters: readonly string[]): Promise<Tally> {
  const vitest = await startVitest('test', [...filters], {
    run: true,
    watch: false,
    reporters: ['default'],
  })
  const modules = vitest.state.getTestModules()
  const strayErrors = vitest.state.getUnhandledErrors().length
  await vitest.close()

  reportSkipped(modules)
  // A run that finds nothing to run must not pass.
  if (modules.length === 0) return { ...nothing, failed: 1 }
  return modules.map(tallyModule).reduce(add, { ...nothing, failed: strayErrors })
}

function tallyModule(module: TestModule): Tally {
  const states = [...module.children.allTests()].map((test) => test.result().state)
  const count = (state: (typeof states)[number]): number => states.filter((each) => each === state).length
  const failedSuites = [...module.children.allSuites()].flatMap((suite) => suite.errors()).length
  return {
    passed: count('passed'),
    // A file or suite that could not be set up fails as one; a test left pending never ran to its end.
    failed: count('failed') + count('pending') + module.errors().length + failedSuites,
    skipped: count('skipped'),
  }
}

/** Says which files left tests out, so that nobody takes a partial run for a whole one. */
function reportSkipped(modules: readonly TestModule[]): void {
  for (const module of modules) {
    const skipped = [...module.children.allTests('skipped')]
    if (skipped.length === 0) continue
    const why = new Set(skipped.map((test) => skipReason(test.fullName)).filter((reason) => reason !== null))
    const reasons = why.size > 0 ? ` (${[...why].join('; ')})` : ''
    console.log(`skipped: ${skipped.length} in ${module.relativeModuleId}${reasons}`)
  }
}

/** Tests that need something say so in brackets in their group's name: `chat [needs the default model]`. */
function skipReason(fullName: string): string | null {
  return /\[(needs [^\]]+)\]/.exec(fullName)?.[1] ?? null
}
