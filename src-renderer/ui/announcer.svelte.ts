/**
 * What changes without the eye on it, said to people who hear the page: every screen speaks through one live region
 * that is always there, as screen readers tell of changes in a region and not of regions that come with their text.
 * Errors are the exception: `role="alert"` is told when it appears.
 */
import { createContext, untrack } from 'svelte'
import type { Attachment } from 'svelte/attachments'

export interface Announcement {
  readonly id: number
  readonly text: string
}

/** What is gone or said anew within this time is not worth a word. */
const settleMs = 250
/** How long it stays for those who read the page line by line. */
const keptMs = 10_000

export class Announcer {
  said = $state.raw<readonly Announcement[]>([])
  #nextId = 1
  /** How far long works were when they were last told of, in quarters. */
  readonly #quarters = new Map<string, number>()

  say(text: string): void {
    const announcement = { id: this.#nextId++, text }
    // What says something is no reader of what was said.
    this.said = [...untrack(() => this.said), announcement]
    setTimeout(() => (this.said = this.said.filter((other) => other !== announcement)), keptMs)
  }

  /** Says at its beginning and at every quarter how far a work is; its end is told by what comes of it. */
  progress(work: string, share: number | null, text: string): void {
    const quarter = Math.floor((share ?? 0) * 4)
    const told = this.#quarters.get(work)
    this.#quarters.set(work, quarter)
    if (quarter !== told && quarter < 4) this.say(`${work}: ${text}`)
  }

  /** Says what the element says, once it is there and whenever that changes. */
  readonly tell: Attachment<HTMLElement> = (element) => this.#watch(element, '')

  /** Says it only when it changes. */
  readonly tellChanges: Attachment<HTMLElement> = (element) => this.#watch(element, spoken(element))

  #watch(element: HTMLElement, known: string): () => void {
    let last = known
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        const text = spoken(element)
        if (text !== '' && text !== last) this.say(text)
        last = text
      }, settleMs)
    }
    look()
    const observer = new MutationObserver(look)
    observer.observe(element, { subtree: true, childList: true, characterData: true, attributes: true })
    return () => {
      observer.disconnect()
      clearTimeout(timer)
    }
  }
}

function spoken(element: HTMLElement): string {
  return (element.ariaLabel ?? element.textContent).replaceAll(/\s+/g, ' ').trim()
}

export const [useAnnouncer, provideAnnouncer] = createContext<Announcer>()
