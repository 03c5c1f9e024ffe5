/** A conversation as a file of its own. */
import type { Conversation, Message } from '../../contract/entities.ts'
import { pathTo } from '../../contract/message-tree.ts'
import type { ProcedureResult } from '../../contract/procedures.ts'

export function exportConversation(
  conversation: Conversation,
  messages: readonly Message[],
  format: 'markdown' | 'json',
): ProcedureResult<'conversations.export'> {
  const name = fileNameOf(conversation)
  if (format === 'json') {
    const text = `${JSON.stringify({ conversation, messages }, null, 2)}\n`
    return { fileName: `${name}.json`, text }
  }
  const said = pathTo(messages, conversation.leafId).map(
    ({ role, content }) => `## ${role === 'user' ? 'You' : 'Assistant'}\n\n${content.trim()}\n`,
  )
  const instructions = conversation.systemPrompt.trim()
  const parts = [
    `# ${conversation.title || 'Conversation'}\n`,
    ...(instructions === '' ? [] : [`> ${instructions.replaceAll('\n', '\n> ')}\n`]),
    ...said,
  ]
  return { fileName: `${name}.md`, text: parts.join('\n') }
}

/** Of the title, what every file system takes. */
function fileNameOf({ title }: Conversation): string {
  const name = title.replaceAll(/[^\p{L}\p{N}\p{M} _-]+/gu, '').trim()
  return name === '' ? 'conversation' : name
}
