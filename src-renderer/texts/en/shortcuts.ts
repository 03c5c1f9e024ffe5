export const shortcuts = {
  title: 'Keyboard shortcuts',
  /** As they stand on a keyboard; on a Mac ⌘ and ⌥ take the place of the first two. */
  keys: { Ctrl: 'Ctrl', Alt: 'Alt', Shift: 'Shift', Enter: 'Enter', Esc: 'Esc', Tab: 'Tab' },
  groups: {
    everywhere: 'Everywhere',
    conversations: 'Conversations',
    messages: 'Messages',
  },
  actions: {
    sheet: 'Show this sheet (also ?, outside of a text)',
    screens: 'Chat, Teach, Personalize, Assistants, Models, This computer, Settings',
    newConversation: 'Start a new conversation',
    next: 'Go to the next control; with Shift to the one before',
    close: 'Close what is open',
    search: 'Search in all chats',
    above: 'The conversation above',
    below: 'The conversation below',
    send: 'Send',
    newLine: 'Start a new line',
    save: 'Keep what you are editing: a message, a better answer',
    stop: 'Stop the answer, or give up editing',
    editLast: 'Edit your last message (in an empty message box)',
    again: 'Answer the last message again',
    copy: 'Copy the last answer',
    branchBefore: 'The branch before',
    branchAfter: 'The branch after',
  },
}
