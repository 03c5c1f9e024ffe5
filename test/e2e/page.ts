/** The real app in a real browser: the browser host on a data folder of its own, and pages that keep what goes wrong. */
import { mkdtemp, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Handlers } from '../../src-main/contract/procedures.ts'
import { openLocalApp, rendererDirectory } from '../../src-main/hosts/local-app.ts'
import { startBrowserHost } from '../../src-main/hosts/browser/server.ts'
import { buildScreens } from '../../src-main/hosts/screens-build.ts'

export interface ServedApp {
  readonly dataDirectory: string
  readonly handlers: Handlers
  /** As a desktop does when a file is opened with the app. */
  openFile(path: string): void
  /** A new address that opens the app once. */
  newAddress(): string
  close(): Promise<void>
}

export interface ServeOptions {
  /** Fills the data folder before the app opens it. */
  readonly prepare?: (dataDirectory: string) => Promise<void>
  /** Takes the place of some of the app's answers, for what a test can't bring about otherwise. */
  readonly replace?: Partial<Handlers>
}

export async function serveApp({ prepare, replace }: ServeOptions = {}): Promise<ServedApp> {
  await buildScreens()
  const dataDirectory = await mkdtemp(join(tmpdir(), 'veranda-e2e-'))
  await prepare?.(dataDirectory)
  const app = await openLocalApp(dataDirectory)
  const handlers = { ...app.handlers, ...replace }
  const host = await startBrowserHost({ handlers, rendererDirectory, port: 0 })
  return {
    dataDirectory,
    handlers,
    openFile: app.openFile,
    newAddress: () => host.newAddress(),
    async close() {
      await host.close()
      await app.close()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}

/** Presses the first screen's button for the default model, and waits for the chat. */
export async function pullModel(page: Page, timeout: number): Promise<void> {
  await page.getByRole('button', { name: /^Download/ }).click()
  await page.getByLabel('Your message').waitFor({ timeout })
}

export interface TestPage {
  readonly page: Page
  /** Errors and warnings of the console, exceptions and breaches of the content policy, so far. */
  readonly problems: string[]
}

export async function openPage(
  browser: Browser,
  app: ServedApp,
  options: BrowserContextOptions = {},
): Promise<TestPage> {
  const context = await browser.newContext({ locale: 'en-US', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const problems = watchProblems(page)
  await page.goto(app.newAddress())
  return { page, problems }
}

/** What goes wrong in the page from now on. */
export function watchProblems(page: Page): string[] {
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(String(error.stack ?? error)))
  return problems
}

/** Takes a picture into test-results/, for people to look at. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const folder = resolve('test-results/screens')
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
}
