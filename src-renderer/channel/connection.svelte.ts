/** Whether the host can be reached, for the screens to show and to follow up on. */
export class Connection {
  state = $state<'connecting' | 'open' | 'lost'>('connecting')
  /** Counts the channels opened so far, so that a watcher can start again on a new one. */
  generation = $state(0)

  opened(): void {
    this.state = 'open'
    this.generation += 1
  }

  lost(): void {
    this.state = 'lost'
  }
}
