/**
 * A conversation's messages as a tree: an edited question or another answer is a sibling of the one it stands
 * beside. The path that is shown leads from a first message to a leaf.
 */
interface Node {
  readonly id: string
  readonly parentId: string | null
}

/** The messages from the first down to the given one; empty where it isn't among them. */
export function pathTo<M extends Node>(messages: readonly M[], id: string | null): M[] {
  const byId = new Map(messages.map((message) => [message.id, message]))
  const path: M[] = []
  for (let at = byId.get(id ?? ''); at !== undefined; at = byId.get(at.parentId ?? '')) path.push(at)
  return path.toReversed()
}

/** The messages that stand beside the given one, itself among them, in the order they were made. */
export function siblings<M extends Node>(messages: readonly M[], { parentId }: Node): M[] {
  return messages.filter((message) => message.parentId === parentId)
}

/** Where the newest path through a message ends. */
export function leafBelow(messages: readonly Node[], id: string): string {
  const child = messages.findLast(({ parentId }) => parentId === id)
  return child === undefined ? id : leafBelow(messages, child.id)
}
