/** Keys are spelled as on most keyboards; on a Mac ⌘ and ⌥ are shown instead of Ctrl and Alt. */
export const shortcuts = {
  title: 'Keyboard shortcuts',
  close: 'Close',
  groups: [
    {
      title: 'Everywhere',
      keys: [
        ['Ctrl+/', 'Show this sheet (also ?, outside of a text)'],
        ['Alt+1 … 6', 'Chat, Teach, Personalize, Assistants, Models, Settings'],
        ['Ctrl+Shift+O', 'Start a new conversation'],
      ],
    },
    {
      title: 'Conversations',
      keys: [
        ['Ctrl+K', 'Search in all chats'],
        ['Alt+↑', 'The conversation above'],
        ['Alt+↓', 'The conversation below'],
      ],
    },
    {
      title: 'Messages',
      keys: [
        ['Enter', 'Send'],
        ['Shift+Enter', 'Start a new line'],
        ['Esc', 'Stop the answer, or close what is open'],
        ['↑', 'Edit your last message (in an empty message box)'],
        ['Alt+R', 'Answer the last message again'],
        ['Alt+C', 'Copy the last answer'],
        ['Alt+←', 'The branch before'],
        ['Alt+→', 'The branch after'],
      ],
    },
  ],
}
