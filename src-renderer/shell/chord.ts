/** What was pressed, in one spelling: "Ctrl+Shift+KeyO". The Command key of a Mac counts as Ctrl. */
function chordOf(event: KeyboardEvent): string {
  const held = [
    event.ctrlKey || event.metaKey ? 'Ctrl+' : '',
    event.altKey ? 'Alt+' : '',
    event.shiftKey ? 'Shift+' : '',
  ]
  return held.join('') + event.code
}

/** Whether what is typed goes into a text. */
export function isTyping(event: KeyboardEvent): boolean {
  return (
    event.target instanceof Element &&
    event.target.matches('input:not([type=radio], [type=checkbox]), textarea, select')
  )
}

/** Does what belongs to the chord, if anything does, and nothing else then. */
export function follow(event: KeyboardEvent, actions: Readonly<Record<string, () => void>>): void {
  const action = Object.hasOwn(actions, chordOf(event)) ? actions[chordOf(event)] : undefined
  if (action === undefined || event.defaultPrevented) return
  event.preventDefault()
  action()
}
