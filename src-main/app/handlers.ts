/** The table of everything a screen may ask, over the app's services. */
import { Failure } from '../contract/failure.ts'
import type {
  Handler,
  Handlers,
  ProcedureInput,
  ProcedureName,
  ProcedureResult,
} from '../contract/procedures.ts'
import type { Engine } from '../engine/contract.ts'
import type { AppOptions } from './app.ts'
import type { Adapters } from './assistants/adapter-service.ts'
import type { lineageOf } from './assistants/lineage.ts'
import type { Conversations } from './chat/conversation-service.ts'
import type { Sending } from './chat/send-message.ts'
import type { Teaching } from './chat/teach.ts'
import type { Data } from './data-service.ts'
import type { WatchedEngine } from './engine-state.ts'
import type { ExampleChecks } from './examples/check-examples.ts'
import type { Examples } from './examples/example-service.ts'
import { maskExample } from './examples/mask-example.ts'
import type { Models } from './models/model-service.ts'
import type { NetworkLog } from './network/network-log.ts'
import type { Verdicts } from './personalize/verdict.ts'
import type { OpenedFiles } from './opened-files.ts'
import type { AdapterService, DeviceService, PersonalizeService, Services } from './services.ts'
import type { ApiService } from './settings/api-service.ts'
import type { Updates } from './settings/updates.ts'
import type { SettingsService } from './settings/settings.ts'

export interface HandlerParts {
  readonly options: AppOptions
  readonly engine: Engine
  readonly engineState: WatchedEngine
  readonly models: Models
  readonly conversations: Conversations
  readonly sending: Sending
  readonly teaching: Teaching
  readonly examples: Examples
  readonly checks: ExampleChecks
  readonly personalize: PersonalizeService
  readonly verdicts: Verdicts
  readonly adapters: Adapters
  readonly opened: OpenedFiles
  readonly exportAdapter: AdapterService['export']
  readonly importAdapter: AdapterService['import']
  readonly exportBundle: Services['exportBundle']
  readonly blendAdapters: AdapterService['blend']
  readonly settings: SettingsService
  readonly computer: DeviceService
  readonly api: ApiService
  readonly data: Data
  readonly networkLog: NetworkLog
  readonly updates: Updates
  readonly lineage: (adapterId: string) => ReturnType<typeof lineageOf>
}

export function appHandlers(parts: HandlerParts): Handlers {
  const { options, models, conversations, teaching, examples, personalize, adapters, settings, data, api } =
    parts
  const toRequest = ({ modelId, exampleIds, parentId, ...request }: ProcedureInput<'personalize.start'>) => {
    const chosen = exampleIds === null ? examples.approved() : exampleIds.map((id) => examples.get(id))
    return { ...request, model: modelId, examples: chosen, parent: parentId }
  }
  return {
    'app.info': plain(() => ({
      version: options.version,
      dataDirectory: options.dataDirectory,
      canPickFile: options.pickFile !== undefined,
      engine: parts.engineState.state,
    })),
    'host.pickFile': plain(({ kind }) => {
      if (options.pickFile !== undefined) return options.pickFile(kind)
      throw noFileDialog()
    }),
    'host.pickTarget': plain(({ name }) => {
      if (options.pickTarget !== undefined) return options.pickTarget(name)
      throw noFileDialog()
    }),
    'host.openedFiles': (_, signal) => parts.opened.watch(signal),
    'host.notify': plain((notice) => options.notify?.(notice) ?? false),

    'models.list': plain(() => models.list()),
    'models.catalogue': plain(() => models.catalogue()),
    'models.pull': ({ id }, signal) => models.pull(id, signal),
    'models.import': (source, signal) => models.import(source, signal),
    'models.remove': plain(async ({ id }) => {
      await models.remove(id)
      return null
    }),

    'conversations.list': plain(() => conversations.list()),
    'conversations.create': plain((input) => conversations.create(input)),
    'conversations.open': plain(({ id }) => conversations.open(id)),
    'conversations.update': plain((changes) => conversations.update(changes)),
    'conversations.remove': plain(({ id }) => {
      conversations.remove(id)
      return null
    }),
    'conversations.restore': plain(({ id }) => conversations.restore(id)),
    'conversations.search': plain(({ text }) => conversations.search(text)),
    'conversations.export': plain(({ id, format }) => conversations.export(id, format)),

    'personas.list': plain(() => conversations.personas()),
    'personas.put': plain((persona) => conversations.putPersona(persona)),
    'personas.remove': plain(({ id }) => conversations.removePersona(id)),

    'chat.send': parts.sending.send,
    'chat.answer': parts.sending.answer,
    'chat.rate': plain(({ messageId, rating }) => teaching.rate(messageId, rating)),
    'chat.teach': plain(({ messageId, answer }) => teaching.teach(messageId, answer)),

    'examples.find': plain((wanted) => examples.find(wanted)),
    'examples.list': plain(({ ids }) => examples.list(ids)),
    'examples.add': plain((input) => examples.add(input)),
    'examples.update': plain((input) => examples.update(input)),
    'examples.change': plain(({ ids, change }) => examples.change(ids, change)),
    'examples.undo': plain(async ({ changeId }) => {
      await examples.undo(changeId)
      return null
    }),
    'examples.remove': plain(({ ids }) => {
      examples.remove(ids)
      return null
    }),
    'examples.restore': plain(({ ids }) => examples.restore(ids)),
    'examples.openFile': plain((input) => ({ fileId: examples.openFile(input) })),
    'examples.preview': (input, signal) => examples.preview(input, signal),
    'examples.import': (input, signal) => examples.importFile(input, signal),
    'examples.export': async function* ({ ids, format }) {
      return yield* examples.export(ids, format)
    },
    'examples.check': async function* ({ modelId }, signal) {
      const model = modelId === null ? null : models.find(modelId)
      const counted = model && { ...model, directory: await models.directoryOf(model) }
      return yield* parts.checks.check(examples.list(), counted, signal)
    },
    'examples.mask': plain(async ({ id, modelId }, signal) => {
      const modelDirectory = await models.directoryOf(models.find(modelId))
      return { tokens: await maskExample(parts.engine, modelDirectory, examples.get(id), signal) }
    }),

    'personalize.defaults': plain(({ modelId, preset, parentId }) =>
      personalize.defaults(modelId, preset, parentId),
    ),
    'personalize.start': plain((input) => personalize.start(toRequest(input))),
    'personalize.estimate': (input, signal) => personalize.estimate(toRequest(input), signal),
    'runs.list': plain(() => personalize.runs()),
    'runs.watch': ({ id }, signal) => personalize.watch(id, signal),
    'runs.pause': plain(({ id }) => personalize.pause(id)),
    'runs.cancel': plain(({ id }) => personalize.cancel(id)),
    'runs.verdict': ({ id }, signal) => parts.verdicts.judge(id, signal),
    'runs.prefer': plain(({ id, pair, preferred }) => parts.verdicts.prefer(id, pair, preferred)),
    'runs.keep': plain(({ id }) => parts.verdicts.keep(id)),
    'runs.resume': plain(({ id }) => personalize.resume(id)),

    'adapters.list': plain(() => adapters.list()),
    'adapters.rename': plain(({ id, name }) => adapters.rename(id, name)),
    'adapters.remove': plain(({ id }) => {
      adapters.remove(id)
      return null
    }),
    'adapters.note': plain(({ id, notes }) => adapters.note(id, notes)),
    'adapters.adopt': plain(({ id, fromIds }) => conversations.adopt(adapters.get(id), fromIds)),
    'adapters.restore': plain(({ id }) => adapters.restore(id)),
    'bundle.export': parts.exportBundle,
    'adapters.export': ({ id, strength, format, path }, signal) =>
      parts.exportAdapter(`${id}:${strength}`, { format, path }, signal),
    'adapters.import': plain(({ modelId, ...input }, signal) =>
      parts.importAdapter({ ...input, model: modelId }, signal),
    ),
    'adapters.blend': plain((input, signal) => parts.blendAdapters(input, signal)),
    'adapters.lineage': plain(({ id }) => {
      const { fingerprint, examples: learned } = parts.lineage(id)
      return { fingerprint, examples: learned }
    }),
    'adapters.forget': plain(({ id, exampleIds }) =>
      personalize.startWithout(parts.lineage(id).run.id, exampleIds, id),
    ),

    'data.state': plain(() => data.state()),
    'data.backUp': plain(({ path }) => data.backUp(path)),
    'data.restore': plain(({ path, mode }) => data.restore(path, mode)),
    'data.deleteEverything': plain(async () => {
      await data.deleteEverything()
      return null
    }),

    'network.list': plain(() => parts.networkLog.list()),
    'network.clear': plain(() => {
      parts.networkLog.clear()
      return null
    }),

    'devices.state': plain(() => parts.computer.state()),
    'devices.measure': ({ modelId }, signal) => parts.computer.measure(modelId, signal),
    'devices.choose': plain(({ choice }) => parts.computer.choose(choice)),

    'updates.check': plain(() => parts.updates.check()),
    'updates.install': (_input, signal) => parts.updates.install(signal),

    'api.state': plain(() => api.state()),
    'api.update': plain((changes) => api.update(changes)),
    'settings.get': plain(() => settings.get()),
    'settings.update': plain((changes) => settings.update(changes)),
  }
}

function noFileDialog(): Failure {
  return new Failure('no-file-dialog', 'There is no file dialog here. Type the path of the file instead.')
}

/** A procedure without events. */
function plain<K extends ProcedureName>(
  work: (input: ProcedureInput<K>, signal: AbortSignal) => ProcedureResult<K> | Promise<ProcedureResult<K>>,
): Handler<K> {
  // oxlint-disable-next-line eslint/require-yield -- there is nothing to tell before the result
  return async function* run(input, signal) {
    return await work(input, signal)
  }
}
