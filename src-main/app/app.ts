/** The product without Electron or HTTP: opens the data folder and answers everything a host may ask. */
import type { SystemNotice } from '../contract/entities.ts'
import type { Handlers } from '../contract/procedures.ts'
import type { DeviceChoice } from '../contract/devices.ts'
import type { Engine } from '../engine/contract.ts'
import type { DeviceOptions } from '../engine/device-contract.ts'
import { adapterExport, usualExportDirectory } from './assistants/export-adapter.ts'
import { adapterImport } from './assistants/import-adapter.ts'
import { openAdapters } from './assistants/adapter-service.ts'
import { adapterFiles } from './assistants/adapter-files.ts'
import { pairResolver } from './assistants/answering-pair.ts'
import { adapterBlending } from './assistants/blend-adapters.ts'
import { evaluation } from './assistants/evaluate.ts'
import { lineageOf } from './assistants/lineage.ts'
import { bundleExport } from './bundle/export-bundle.ts'
import { openChat } from './chat/chat-service.ts'
import { openConversations } from './chat/conversation-service.ts'
import { sendMessage } from './chat/send-message.ts'
import { openTeaching } from './chat/teach.ts'
import { computerService } from './devices/computer.ts'
import { openDevices } from './devices/device-service.ts'
import { openData } from './data-service.ts'
import { watchEngine } from './engine-state.ts'
import { exampleChecks } from './examples/check-examples.ts'
import { openExamples } from './examples/example-service.ts'
import { appHandlers } from './handlers.ts'
import { readCatalogue } from './models/catalogue.ts'
import { machineMemoryBytes } from './models/memory-needed.ts'
import { openModels } from './models/model-service.ts'
import { openNetworkLog } from './network/network-log.ts'
import { ongoingWork } from './ongoing-work.ts'
import { openedFiles } from './opened-files.ts'
import { isGoingOn, openPersonalize } from './personalize/personalize-service.ts'
import { readGeneralQuestions, readReplayQuestions } from './personalize/question-files.ts'
import { recoverRuns } from './personalize/recover-runs.ts'
import { runBroadcast } from './personalize/run-broadcast.ts'
import { RunQueue } from './personalize/run-queue.ts'
import { openVerdicts } from './personalize/verdict.ts'
import type { Services } from './services.ts'
import { openApi, type ServeApi } from './settings/api-service.ts'
import { openUpdates, type Updater } from './settings/updates.ts'
import { openSettings, type Settings } from './settings/settings.ts'
import { storingAsync } from './storage/storage-failure.ts'
import { openStorage, type Storage } from './storage/storage.ts'

export interface AppOptions {
  /** Absolute; made if missing. See `dataDirectory` in data-directory.ts for how hosts choose it. */
  readonly dataDirectory: string
  /** The repository's `resources/`, or its packaged copy: catalogue.json and samples. */
  readonly resourcesDirectory: string
  /** On the processor; closed with the app. */
  readonly engine: Engine
  /** Starts an engine on another device; the processor is all there is without. */
  readonly engineOn?: (device: DeviceOptions) => Engine
  /** The device to use, whatever the person chose for good. */
  readonly device?: DeviceChoice | null
  readonly version: string
  /** Opens the system's file dialog, where the host has one. */
  readonly pickFile?: (kind: 'model' | 'examples') => Promise<string | null>
  /** The same for a file that is to be written, named so to begin with. */
  readonly pickTarget?: (name: string) => Promise<string | null>
  /** Where an export goes that says no folder; the person's downloads unless given. */
  readonly exportDirectory?: string
  /** Folders with model files that came with the program; none unless given. */
  readonly besideFolders?: readonly string[]
  /** How this program is updated, where it can be. */
  readonly updater?: Updater
  /** Serves the API for other programs; none is served unless given. */
  readonly serveApi?: ServeApi
  /** Shows a notification of the system, where the host has them; whether it could. */
  readonly notify?: (notice: SystemNotice) => boolean
  /** Says in this language what the host says by itself: called at the start, and when another is chosen. */
  readonly speak?: (language: Settings['language']) => void
  /** How the app reaches the network; `fetch` unless given. */
  readonly network?: typeof fetch
}

export interface App {
  /** What a screen may ask, one a procedure. */
  readonly handlers: Handlers
  /** The same, as the command line calls it. */
  readonly services: Services
  /** Tells the page of a file that the person opened with the app. */
  openFile(path: string): void
  /** Stops what is going on (a running training becomes `interrupted`), closes the engine and the database. */
  close(): Promise<void>
}

/**
 * Opens the app on a data folder.
 *
 * Errors: `data-folder-in-use` while another instance has it open, and the other ones of `openStorage`;
 * `catalogue-unreadable`, `questions-unreadable`. The engine is the caller's to close if opening fails.
 */
export async function openApp(options: AppOptions): Promise<App> {
  const catalogue = await readCatalogue(options.resourcesDirectory)
  const questions = {
    replay: await readReplayQuestions(options.resourcesDirectory),
    general: await readGeneralQuestions(options.resourcesDirectory),
  }
  const storage = openStorage(options.dataDirectory)
  try {
    return await assemble(options, catalogue, questions, storage)
  } catch (error) {
    storage.close()
    throw error
  }
}

async function assemble(
  options: AppOptions,
  catalogue: Awaited<ReturnType<typeof readCatalogue>>,
  questions: {
    readonly replay: readonly string[]
    readonly general: Awaited<ReturnType<typeof readGeneralQuestions>>
  },
  storage: Storage,
): Promise<App> {
  const { dataDirectory } = options
  const { engine: processor, engineOn = null, device: asked = null } = options
  const devices = openDevices({ storage, processor, engineOn, asked })
  const engineState = watchEngine(devices.engine)
  const { engine } = engineState
  const broadcast = runBroadcast()
  const settings = openSettings(storage, options.speak)
  const adapters = openAdapters(storage)
  const files = adapterFiles(storage, dataDirectory)
  const isInUse = (modelId: string): boolean =>
    storage.runs.list().some((run) => run.modelId === modelId && isGoingOn(run) && queue.holds(run.id))
  const networkLog = openNetworkLog(storage, options.network ?? fetch)
  const { resourcesDirectory } = options
  const models = openModels({
    storage,
    engine,
    dataDirectory,
    resourcesDirectory,
    catalogue,
    networkLog,
    besideFolders: options.besideFolders ?? [],
    machineBytes: machineMemoryBytes(),
    isInUse,
    isAtWorkWith: (directory) => engineState.isAtWorkWith(directory),
  })
  const queue = new RunQueue({ storage, engine, dataDirectory, models, adapters, broadcast })
  const resolvePair = pairResolver(models, files)
  const conversations = openConversations(storage, models, adapters)
  const teaching = openTeaching(storage)
  const examples = openExamples(storage, teaching)
  const personalize = openPersonalize({
    storage,
    models,
    adapters,
    queue,
    engine,
    broadcast,
    replayQuestions: questions.replay,
  })
  const verdicts = openVerdicts({ storage, engine, resolvePair, generalQuestions: questions.general })
  const sending = sendMessage({ storage, engine, conversations, settings, resolvePair })

  const updates = openUpdates({ storage, settings, networkLog, updater: options.updater })
  const isTraining = (): boolean => storage.runs.list().some((run) => queue.holds(run.id))
  const data = openData({ storage, models, dataDirectory, isTraining })

  await storingAsync(dataDirectory, async () => {
    await models.cleanUp()
    await files.clear()
    await recoverRuns(storage, dataDirectory)
  })

  const lineage = (adapterId: string) => lineageOf(storage, adapters, adapterId)
  const exportDirectory = options.exportDirectory ?? usualExportDirectory()
  const transfer = {
    exportAdapter: adapterExport({ engine, models, adapters, files, exportDirectory }),
    importAdapter: adapterImport({ storage, engine, dataDirectory, models, adapters }),
    blendAdapters: adapterBlending({ storage, engine, dataDirectory, models, adapters, files }),
  }
  const exportBundle = bundleExport({ engine, models, examples, resourcesDirectory, exportDirectory })
  const computer = computerService(devices, models)
  const services: Services = {
    models,
    examples,
    personalize,
    adapters: {
      ...adapters,
      export: transfer.exportAdapter,
      import: transfer.importAdapter,
      blend: transfer.blendAdapters,
    },
    data,
    devices: computer,
    exportBundle,
    chat: openChat(engine, adapters, settings, resolvePair),
    evaluate: evaluation(engine, adapters, resolvePair),
  }
  const api = await openApi(storage, services, options.serveApi ?? null)
  const opened = openedFiles()
  const ongoing = ongoingWork()
  const checks = exampleChecks(engine)
  const parts = {
    options,
    computer,
    engine,
    engineState,
    models,
    conversations,
    sending,
    teaching,
    examples,
    checks,
  }
  const handlers = ongoing.track(
    appHandlers({
      ...parts,
      ...transfer,
      exportBundle,
      opened,
      lineage,
      personalize,
      verdicts,
      adapters,
      settings,
      data,
      networkLog,
      updates,
      api,
    }),
  )
  let closed: Promise<void> | undefined
  return {
    handlers,
    openFile: opened.open,
    services,
    close: () =>
      (closed ??= (async () => {
        const ended = Promise.all([api.close(), ongoing.end(), queue.close()])
        // It writes the training's checkpoint, and frees those who wait for an answer that doesn't come.
        await engine.close()
        await ended
        storage.close()
      })()),
  }
}
