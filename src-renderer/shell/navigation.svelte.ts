/** Which screen is shown, kept in the address (`#/chat/ID`) so that reload and back work. */
import { createContext } from 'svelte'

export const screens = [
  'chat',
  'teach',
  'personalize',
  'assistants',
  'models',
  'computer',
  'settings',
] as const
export type ScreenName = (typeof screens)[number]

export class Navigation {
  screen = $state<ScreenName>('chat')
  /** What is open on the screen: a conversation's or a run's id. */
  detail = $state<string | null>(null)

  /** Follows the address; returns how to stop. */
  follow(): () => void {
    const read = (): void => {
      const [screen, detail] = location.hash.replace(/^#\//, '').split('/')
      this.screen = screens.find((name) => name === screen) ?? 'chat'
      this.detail = detail ? decodeURIComponent(detail) : null
    }
    read()
    window.addEventListener('hashchange', read)
    return () => window.removeEventListener('hashchange', read)
  }

  go(screen: ScreenName, detail: string | null = null): void {
    location.hash = addressOf(screen, detail)
    this.screen = screen
    this.detail = detail
  }
}

export function addressOf(screen: ScreenName, detail: string | null = null): string {
  return detail === null ? `#/${screen}` : `#/${screen}/${encodeURIComponent(detail)}`
}

export const [useNavigation, provideNavigation] = createContext<Navigation>()
