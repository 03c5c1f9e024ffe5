/** What axe-core finds wrong with a page as people with other senses meet it. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** One line a violation: the rule and the first elements that break it. */
export async function findViolations(page: Page): Promise<string[]> {
  // Put in by the debugger: the page's own content policy allows no foreign script.
  await page.evaluate(source)
  // Not preloaded: copies of the style sheets would be refused by the policy, and are no matter for most rules.
  const results = await page.evaluate<AxeResults>(
    'axe.run(document, { resultTypes: ["violations"], preload: false })',
  )
  return results.violations.map(({ id, nodes }) => {
    const elements = nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`)
    return `${id}: ${elements.join(' | ')}`
  })
}
