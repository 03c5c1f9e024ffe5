/** A request that is not answered, and the page that says why. */
export interface Refusal {
  readonly status: number
  readonly title: string
  readonly text: string
}

const openAgain =
  'Open the address that Veranda printed in the terminal; press Enter there for a new one, as each works once.'

export const refusal = {
  noSession: { status: 403, title: 'Veranda does not know this browser', text: openAgain },
  badToken: { status: 403, title: 'This address was used already', text: openAgain },
  foreignHost: {
    status: 403,
    title: 'Wrong name',
    text: 'Veranda answers to 127.0.0.1 and localhost only.',
  },
  foreignOrigin: {
    status: 403,
    title: 'Wrong page',
    text: 'Only Veranda’s own page may connect to Veranda.',
  },
  otherSite: {
    status: 403,
    title: 'Opened from another page',
    text: 'Another page can’t open Veranda. Copy the address that Veranda printed into the address bar.',
  },
  method: { status: 405, title: 'Wrong method', text: 'Veranda’s pages can only be read.' },
  missing: { status: 404, title: 'No such page', text: 'Veranda has no page at this address.' },
  broken: { status: 500, title: 'Veranda could not read its page', text: 'The terminal says why.' },
} as const satisfies Record<string, Refusal>
