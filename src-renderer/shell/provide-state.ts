/** Makes what the screens share, once, and puts it into the component tree; each screen takes what it needs. */
import { Adapters, provideAdapters } from '../assistants/adapters.svelte.ts'
import type { Client } from '../channel/client.ts'
import type { Connection } from '../channel/connection.svelte.ts'
import { provideClient, provideConnection } from '../channel/context.ts'
import { Conversations, draftId, provideConversations, titleOf } from '../chat/conversations.svelte.ts'
import { Personas, providePersonas } from '../chat/personas.svelte.ts'
import { Computer, provideComputer } from '../computer/computer.svelte.ts'
import { Models, provideModels } from '../models/models.svelte.ts'
import { provideRuns, Runs } from '../personalize/runs.svelte.ts'
import { Data, provideData } from '../settings/data.svelte.ts'
import { provideSettings, Settings } from '../settings/settings.svelte.ts'
import { provideUpdates, Updates } from '../settings/updates.svelte.ts'
import { t } from '../texts/texts.ts'
import { Examples, provideExamples } from '../teach/examples.svelte.ts'
import { Announcer, provideAnnouncer } from '../ui/announcer.svelte.ts'
import { Notices, provideNotices } from '../ui/notices.svelte.ts'
import { tellRunEnded } from './run-ended.ts'
import { Navigation, provideNavigation } from './navigation.svelte.ts'

export interface SharedState {
  readonly navigation: Navigation
  /** Fetches what more than one screen relies on; for every channel that is opened. */
  connected(): void
}

export function provideState(client: Client, connection: Connection): SharedState {
  provideClient(client)
  provideConnection(connection)
  provideAnnouncer(new Announcer())
  const notices = provideNotices(new Notices())
  const navigation = provideNavigation(new Navigation())
  const settings = provideSettings(new Settings(client))
  const models = provideModels(new Models(client, notices))
  provideComputer(new Computer(client))
  const adapters = provideAdapters(new Adapters(client, notices))
  const examples = provideExamples(new Examples(client, notices))
  const runs = provideRuns(
    new Runs(client, (run) => {
      void adapters.list.load()
      void tellRunEnded(run, { client, notices, navigation })
    }),
  )
  const conversations = provideConversations(
    new Conversations(client, notices, {
      created: (id) => {
        const onDraft = navigation.detail === null || navigation.detail === draftId
        if (navigation.screen === 'chat' && onDraft) navigation.go('chat', id)
      },
      examplesChanged: () => void examples.refresh(),
      answered: (conversation) => {
        if (navigation.screen === 'chat' && navigation.detail === conversation.id) return
        const open = { label: t.chat.answered.open, run: () => navigation.go('chat', conversation.id) }
        notices.say(t.chat.answered.text(titleOf(conversation)), open)
      },
    }),
  )
  const personas = providePersonas(new Personas(client, notices))
  const lists = [
    settings.info,
    personas.list,
    models.installed,
    adapters.list,
    examples.overview,
    conversations.list,
  ]
  const followOpenedFiles = (): void => {
    const onEvent = ({ path }: { readonly path: string }): void => {
      navigation.go('assistants')
      void adapters.open(path)
    }
    // Fails only with its channel; the next one is followed anew.
    client.call('host.openedFiles', {}, { onEvent }).catch(() => {})
  }
  const refresh = (): void => {
    for (const list of lists) void list.load()
    void runs.refresh()
    void settings.current.load().then(() => conversations.restoreDraft(settings.current.value?.draft ?? ''))
  }
  const updates = provideUpdates(new Updates(client))
  const tellOfUpdate = async (): Promise<void> => {
    await updates.checkAtStart()
    if (updates.state?.kind !== 'available') return
    const show = { label: t.updates.show, run: () => navigation.go('settings') }
    notices.say(t.updates.available(updates.state.version), show)
  }
  void tellOfUpdate()
  const data = provideData(new Data(client, notices, refresh))
  void data.tellOfRepair()
  const connected = (): void => {
    refresh()
    followOpenedFiles()
  }
  return { navigation, connected }
}
