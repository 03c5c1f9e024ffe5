import { counter } from '../counter.ts'

const count = counter('en')

export const chat = {
  title: 'Chat',
  list: {
    label: 'Conversations',
    start: 'New conversation',
    untitled: 'New conversation',
    what: 'the conversations',
    empty: 'Your conversations will be listed here.',
    count: (conversations: number) => count(conversations, { one: 'conversation', other: 'conversations' }),
  },
}
