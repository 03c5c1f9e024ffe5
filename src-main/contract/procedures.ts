/**
 * Everything a screen may ask, as one table: name → input, event and result.
 *
 * Every procedure is a stream: events while it works (`never` for most), then one result.
 * Hosts validate inputs with this table before the app sees them; the renderer takes its types from it.
 */
import { z } from 'zod'
import { adapterProcedures } from './adapter-procedures.ts'
import { apiProcedures } from './api.ts'
import { deviceProcedures } from './devices.ts'
import {
  appInfo,
  catalogueEntry,
  chatMessage,
  columnMapping,
  conversation,
  example,
  foundMessage,
  exampleFormat,
  exampleStatus,
  finding,
  importIssue,
  lossPoint,
  message,
  model,
  networkRequest,
  persona,
  run,
  runSample,
  systemNotice,
  trainingPreset,
  tag,
  textEncoding,
  trainingSettings,
  updateState,
} from './entities.ts'
import { estimate } from './estimate.ts'
import { personalizeInput } from './personalize-input.ts'
import { done, id, ids, name, never, nothing, path, procedure } from './procedure.ts'
import { settings } from './settings.ts'
import { transferProcedures } from './transfer-procedures.ts'
import { verdict, verdictPair } from './verdict.ts'

const progress = z.object({
  doneBytes: z.number(),
  totalBytes: z.number(),
  phase: z.enum(['download', 'import']),
})

export const procedures = {
  'app.info': procedure(nothing, never, appInfo),
  /** Opens the system's file dialog; null if the person closes it, a failure where there is none. */
  'host.pickFile': procedure(z.object({ kind: z.enum(['model', 'examples']) }), never, z.string().nullable()),
  /** The same for something new: where it is to be written; `name` is what it is called unless the person says otherwise. */
  'host.pickTarget': procedure(z.object({ name }), never, z.string().nullable()),
  /** Files that the person opened with the app, each told once; goes on until it is cancelled. */
  'host.openedFiles': procedure(nothing, z.object({ path }), done),
  /** Shows a notification of the system; false where the host has none. */
  'host.notify': procedure(systemNotice, never, z.boolean()),

  'models.list': procedure(nothing, never, z.array(model)),
  'models.catalogue': procedure(nothing, never, z.array(catalogueEntry)),
  /** Downloads (continuing a cut download), checks and imports a model of the catalogue. */
  'models.pull': procedure(z.object({ id }), progress, model),
  'models.import': procedure(
    z.object({
      path,
      name: name.nullable(),
      /** To so many bits, the cost measured and said in the model's `quantization`; absent or null: as it is. */
      quantize: z.literal([4, 8]).nullable().optional(),
    }),
    progress,
    model,
  ),
  'models.remove': procedure(z.object({ id }), never, done),

  'conversations.list': procedure(nothing, never, z.array(conversation)),
  'conversations.create': procedure(z.object({ modelId: id.nullable() }), never, conversation),
  /** With all branches, in the order they were said. */
  'conversations.open': procedure(
    z.object({ id }),
    never,
    z.object({ conversation, messages: z.array(message) }),
  ),
  'conversations.update': procedure(
    z.object({
      id,
      title: name.optional(),
      modelId: id.nullable().optional(),
      adapterId: id.nullable().optional(),
      strength: z.number().min(0).max(1.5).optional(),
      systemPrompt: z.string().max(100_000).optional(),
      pinned: z.boolean().optional(),
      /** A message of the conversation: the branch that ends with it is shown. */
      leafId: id.optional(),
      draft: z.string().max(1_000_000).optional(),
    }),
    never,
    conversation,
  ),
  /** Deleting can be undone with `conversations.restore` until the app is next started. */
  'conversations.remove': procedure(z.object({ id }), never, done),
  'conversations.restore': procedure(z.object({ id }), never, conversation),
  /** The messages of all conversations that have all the words, newest first; the last word may be only begun. */
  'conversations.search': procedure(z.object({ text: z.string().max(1000) }), never, z.array(foundMessage)),
  /** The branch that is shown as Markdown, or the conversation with all branches as JSON. */
  'conversations.export': procedure(
    z.object({ id, format: z.enum(['markdown', 'json']) }),
    never,
    z.object({ fileName: z.string(), text: z.string() }),
  ),

  'personas.list': procedure(nothing, never, z.array(persona)),
  /** Adds it, or replaces the one with its id. */
  'personas.put': procedure(persona, never, z.array(persona)),
  'personas.remove': procedure(z.object({ id }), never, z.array(persona)),

  /** Saves the message, streams the answer, saves the answer; cancelling the stream stops and keeps it. */
  'chat.send': procedure(
    z.object({
      conversationId: id,
      content: z.string().min(1).max(1_000_000),
      /** The message it follows, null for a first one; the end of the branch that is shown unless given. */
      parentId: id.nullable().optional(),
    }),
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('asked'), message }),
      z.object({ type: z.literal('text'), text: z.string() }),
    ]),
    message,
  ),
  /** Another answer to a question, beside those it has; by another adapter (null: none) where one is given. */
  'chat.answer': procedure(
    z.object({
      messageId: id,
      by: z.object({ adapterId: id.nullable(), strength: z.number().min(0).max(1.5) }).optional(),
    }),
    z.object({ type: z.literal('text'), text: z.string() }),
    message,
  ),
  /** Thumbs. Up makes an example of the answer; taking it back removes that example. */
  'chat.rate': procedure(z.object({ messageId: id, rating: z.enum(['none', 'up', 'down']) }), never, message),
  /** Keeps the person's better answer to the message as an example, with the original as the rejected one. */
  'chat.teach': procedure(
    z.object({ messageId: id, answer: z.string().trim().min(1).max(1_000_000) }),
    never,
    example,
  ),

  /** The ids of the examples that fit, newest first, and how many there are of each kind. */
  'examples.find': procedure(
    z.object({
      /** In any turn, upper and lower case alike. */
      words: z.string().max(1000),
      status: exampleStatus.nullable(),
      tag: tag.nullable(),
      source: z.enum(['hand', 'rated', 'taught', 'imported', 'suggested']).nullable(),
    }),
    never,
    z.object({
      ids: z.array(z.string()),
      counts: z.object({ new: z.number(), approved: z.number(), skipped: z.number() }),
      tags: z.array(z.object({ tag: z.string(), count: z.number() })),
    }),
  ),
  /** The examples with these ids that are there, or all. */
  'examples.list': procedure(z.object({ ids: ids.optional() }), never, z.array(example)),
  'examples.add': procedure(
    z.object({ messages: z.array(chatMessage).min(1), tags: z.array(tag).max(50).optional() }),
    never,
    example,
  ),
  'examples.update': procedure(
    z.object({
      id,
      messages: z.array(chatMessage).min(1),
      rejected: z.string().max(1_000_000).nullable().optional(),
      tags: z.array(tag).max(50).optional(),
    }),
    never,
    example,
  ),
  /** Changes many at once; `examples.undo` takes it back until the app is next started. */
  'examples.change': procedure(
    z.object({
      ids,
      change: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('status'), status: exampleStatus }),
        z.object({ kind: z.literal('addTag'), tag }),
        z.object({ kind: z.literal('removeTag'), tag }),
        /** Puts a placeholder where something private was found. */
        z.object({ kind: z.literal('redact') }),
        z.object({ kind: z.literal('remove') }),
      ]),
    }),
    never,
    z.object({ changeId: z.string(), changed: z.number() }),
  ),
  'examples.undo': procedure(z.object({ changeId: id }), never, done),
  'examples.remove': procedure(z.object({ ids }), never, done),
  'examples.restore': procedure(z.object({ ids }), never, z.array(example)),
  /** Gives the app the bytes of a file that is to be imported; it keeps one such file. */
  'examples.openFile': procedure(
    z.object({ file: z.string().min(1).max(1000), base64: z.string().max(90_000_000) }),
    never,
    z.object({ fileId: id }),
  ),
  /** What an import would bring. Nothing is written. */
  'examples.preview': procedure(
    z.object({ fileId: id, encoding: textEncoding.nullable(), mapping: columnMapping.nullable() }),
    z.object({ share: z.number() }),
    z.object({
      /** What the bytes look like, whatever was asked for. */
      encoding: textEncoding,
      format: z.enum(['json-lines', 'json', 'csv']),
      /** Of a table: its columns, and what they look like. */
      columns: z.array(z.string()),
      suggested: columnMapping,
      exampleCount: z.number(),
      sample: z.array(
        example.pick({ messages: true, rejected: true, tags: true }).extend({ line: z.number() }),
      ),
      issues: z.array(importIssue),
    }),
  ),
  /** Adds what can be read of an opened file, all of it or, if it is stopped before, nothing. */
  'examples.import': procedure(
    z.object({
      fileId: id,
      encoding: textEncoding.nullable(),
      mapping: columnMapping.nullable(),
      status: exampleStatus,
      tags: z.array(tag).max(50),
    }),
    z.object({ share: z.number() }),
    z.object({ added: z.number(), changeId: z.string().nullable(), issues: z.array(importIssue) }),
  ),
  /** A file of the examples (all if null), as parts of its text; importing it gives the same examples. */
  'examples.export': procedure(
    z.object({ ids: ids.nullable(), format: exampleFormat }),
    z.object({ text: z.string() }),
    z.object({ file: z.string(), count: z.number() }),
  ),
  /** Token counts for the model, near-duplicates and private data among all examples. */
  'examples.check': procedure(
    z.object({ modelId: id.nullable() }),
    z.object({ share: z.number() }),
    z.object({
      /** In tokens; null without a model. */
      contextLength: z.number().nullable(),
      tokens: z.array(
        z.object({
          id: z.string(),
          tokens: z.number(),
          learned: z.number(),
          /** Why the model can't read this conversation, if it can't. */
          failure: z.string().nullable(),
        }),
      ),
      /** Groups of ids that say nearly the same, each oldest first. */
      duplicates: z.array(z.array(z.string())),
      findings: z.array(z.object({ id: z.string(), findings: z.array(finding) })),
    }),
  ),
  /** The example's real tokens, and which of them the loss counts. */
  'examples.mask': procedure(
    z.object({ id, modelId: id }),
    never,
    z.object({ tokens: z.array(z.object({ text: z.string(), scored: z.boolean() })) }),
  ),

  /** Every setting that a run of the preset (without one: the defaults) would have. */
  'personalize.defaults': procedure(
    z.object({ modelId: id, preset: trainingPreset.optional(), parentId: id.nullable().optional() }),
    never,
    trainingSettings,
  ),
  /** Queues a run over the given examples (all of them if null); follow it with `runs.watch`. */
  'personalize.start': procedure(personalizeInput, never, run),
  /** Takes a few of its steps on vectors that are thrown away: what it would need, before it begins. */
  'personalize.estimate': procedure(personalizeInput, z.object({ share: z.number() }), estimate),
  'runs.list': procedure(nothing, never, z.array(run)),
  /** The run and its losses so far, then every change; ends when the run ends. */
  'runs.watch': procedure(
    z.object({ id }),
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('run'), run }),
      z.object({ type: z.literal('losses'), points: z.array(lossPoint) }),
      z.object({ type: z.literal('samples'), samples: z.array(runSample) }),
    ]),
    run,
  ),
  /** Stops the run at its next step, or takes it out of the queue; `runs.resume` goes on with it. */
  'runs.pause': procedure(z.object({ id }), never, run),
  'runs.cancel': procedure(z.object({ id }), never, run),
  /** Asks the model alone and with what it learned the same questions; every answer is kept as it comes. */
  'runs.verdict': procedure(z.object({ id }), verdict, verdict),
  'runs.prefer': procedure(
    z.object({ id, pair: z.number().int().min(0), preferred: verdictPair.shape.preferred }),
    never,
    verdict,
  ),
  'runs.keep': procedure(z.object({ id }), never, verdict),
  /** Continues a paused, interrupted or failed run from its checkpoint. */
  'runs.resume': procedure(z.object({ id }), never, run),

  ...adapterProcedures,

  ...transferProcedures,

  /** What had to be repaired when the app was started; null where all was whole. */
  'data.state': procedure(
    nothing,
    never,
    z.object({
      repair: z
        .object({ quarantine: z.string(), savedRows: z.number(), backupPath: z.string().nullable() })
        .nullable(),
    }),
  ),
  /** Writes all but the models' files to a new file, and checks it. */
  'data.backUp': procedure(
    z.object({ path }),
    never,
    z.object({
      path: z.string(),
      createdAt: z.number(),
      rows: z.record(z.string(), z.number()),
      sizeBytes: z.number(),
    }),
  ),
  /** How many came in; `copies` are texts that differ from what was here and were kept beside it. */
  'data.restore': procedure(
    z.object({ path, mode: z.enum(['merge', 'replace']) }),
    never,
    z.object({
      conversations: z.number(),
      messages: z.number(),
      examples: z.number(),
      adapters: z.number(),
      runs: z.number(),
      copies: z.number(),
    }),
  ),
  'data.deleteEverything': procedure(z.object({ confirmation: z.literal('delete everything') }), never, done),

  /** What the app asked of the network, newest first. */
  'network.list': procedure(nothing, never, z.array(networkRequest)),
  'network.clear': procedure(nothing, never, done),

  ...deviceProcedures,

  /** Asks for a newer version, where a channel is chosen. */
  'updates.check': procedure(nothing, never, updateState),
  /** Downloads the version that was found and starts it in place of this one. */
  'updates.install': procedure(nothing, z.object({ doneBytes: z.number(), totalBytes: z.number() }), done),

  ...apiProcedures,

  'settings.get': procedure(nothing, never, settings),
  'settings.update': procedure(settings.partial(), never, settings),
} as const

export type Procedures = typeof procedures
export type ProcedureName = keyof Procedures
export type ProcedureInput<K extends ProcedureName> = z.infer<Procedures[K]['input']>
export type ProcedureEvent<K extends ProcedureName> = z.infer<Procedures[K]['event']>
export type ProcedureResult<K extends ProcedureName> = z.infer<Procedures[K]['result']>

/** One handler a procedure; the app is a table of these. */
export type Handler<K extends ProcedureName> = (
  input: ProcedureInput<K>,
  signal: AbortSignal,
) => AsyncGenerator<ProcedureEvent<K>, ProcedureResult<K>>

export type Handlers = { readonly [K in ProcedureName]: Handler<K> }
