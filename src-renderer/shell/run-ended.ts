/** Tells that a run has ended to a person who may look elsewhere. */
import type { Run } from '../../src-main/contract/entities.ts'
import type { Client } from '../channel/client.ts'
import { failureText } from '../texts/failure-text.ts'
import { t } from '../texts/texts.ts'
import type { Notices } from '../ui/notices.svelte.ts'
import { addressOf, type Navigation } from './navigation.svelte.ts'

/** On another screen by a notice; on another window by the system, or by a mark in the title where it can't. */
export async function tellRunEnded(
  run: Run,
  { client, notices, navigation }: { client: Client; notices: Notices; navigation: Navigation },
): Promise<void> {
  if (run.status !== 'done' && run.status !== 'failed') return
  const words = t.shell.run.ended
  const [title, body] =
    run.status === 'done'
      ? [words.done(run.name), words.see]
      : [words.failed(run.name), run.failure === null ? '' : failureText(run.failure)]
  const open = () => navigation.go('personalize', run.id)
  const isShown = navigation.screen === 'personalize' && navigation.detail === run.id
  if (!isShown) notices.say(title, { label: words.open, run: open })
  if (document.hasFocus()) return
  const told = await client.call('host.notify', { title, body: body.slice(0, 500) }).catch(() => false)
  if (told) return
  if (typeof Notification === 'function' && Notification.permission === 'granted') {
    const notification = new Notification(title, { body })
    notification.addEventListener('click', () => {
      window.focus()
      location.hash = addressOf('personalize', run.id)
    })
    return
  }
  markTitle()
}

/** Until the person looks. */
function markTitle(): void {
  const plain = document.title.replace(/^● /, '')
  document.title = `● ${plain}`
  window.addEventListener('focus', () => (document.title = plain), { once: true })
}
