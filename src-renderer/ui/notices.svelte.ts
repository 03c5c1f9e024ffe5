/** Short messages at the foot of the window, most with a way to take back what was just done. */
import { createContext } from 'svelte'
import { toFailureMessage } from '../../src-main/contract/failure.ts'
import { failureText } from '../texts/failure-text.ts'
import { t } from '../texts/texts.ts'

export interface Notice {
  readonly id: number
  readonly text: string
  readonly tone: 'plain' | 'danger'
  readonly action: { readonly label: string; readonly run: () => Promise<void> | void } | null
}

/** How many notices are shown at most; the oldest leaves first. */
const mostShown = 3

export class Notices {
  shown = $state.raw<readonly Notice[]>([])
  #nextId = 1

  say(text: string, action: Notice['action'] = null): void {
    this.#show({ id: this.#nextId++, text, tone: 'plain', action })
  }

  /** Offers to take something back: "Deleted “Trip to Ghent”. Undo". */
  offerUndo(text: string, undo: () => Promise<void>): void {
    this.say(text, { label: t.ui.undo, run: undo })
  }

  /** For failures of things that have no place of their own on the screen. */
  fail(error: unknown): void {
    this.#show({
      id: this.#nextId++,
      text: failureText(toFailureMessage(error)),
      tone: 'danger',
      action: null,
    })
  }

  async act(notice: Notice): Promise<void> {
    this.dismiss(notice)
    try {
      await notice.action?.run()
    } catch (error) {
      this.fail(error)
    }
  }

  dismiss(notice: Notice): void {
    this.shown = this.shown.filter((other) => other.id !== notice.id)
  }

  #show(notice: Notice): void {
    this.shown = [...this.shown, notice].slice(-mostShown)
  }
}

export const [useNotices, provideNotices] = createContext<Notices>()
