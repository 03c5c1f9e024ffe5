/** What most texts don't need, fetched when one does; texts on the screen are then shown anew. */
import type { highlight } from './highlight.ts'
import type { renderMath } from './math.ts'

export interface Extras {
  readonly highlight: typeof highlight | null
  readonly renderMath: typeof renderMath | null
}

class LoadedExtras {
  current = $state.raw<Extras>({ highlight: null, renderMath: null })
  #asked = new Set<keyof Extras>()

  /** Fetches what the text has a use for. */
  loadFor(text: string): void {
    if (/^ *(?:```|~~~)\s*\S/m.test(text)) {
      this.#load('highlight', async () => ({ highlight: (await import('./highlight.ts')).highlight }))
    }
    if (/\$.*\$|\\\(|\\\[/s.test(text)) {
      this.#load('renderMath', async () => ({ renderMath: (await import('./math.ts')).renderMath }))
    }
  }

  #load(name: keyof Extras, fetch: () => Promise<Partial<Extras>>): void {
    if (this.#asked.has(name)) return
    this.#asked.add(name)
    // Without it the text is shown plain; the next text tries again.
    fetch().then(
      (loaded) => (this.current = { ...this.current, ...loaded }),
      () => this.#asked.delete(name),
    )
  }
}

export const extras = new LoadedExtras()
