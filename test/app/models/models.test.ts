import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Model } from '../../../src-main/contract/entities.ts'
import { Failure } from '../../../src-main/contract/failure.ts'
import type { ModelProgress } from '../../../src-main/app/services.ts'
import { readCatalogue } from '../../../src-main/app/models/catalogue.ts'
import { engineStandIn, summary } from '../engine-stand-in.ts'
import { failureCode } from '../failure-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { resourcesDirectory, testApp, withModel, type TestApp } from '../test-app.ts'
import { fileServer } from './file-server.ts'
import { zipOf } from './zip-file.ts'

/** Compresses badly and has no two equal kilobytes. */
const content = Buffer.concat(
  Array.from({ length: 8192 }, (_, index) => createHash('sha256').update(String(index)).digest()),
)
const sha256 = createHash('sha256').update(content).digest('hex')

type Source = { kind: 'https'; url: string } | { kind: 'wheel'; [field: string]: unknown }

const wheel: Source = {
  kind: 'wheel',
  package: 'some-model',
  version: '1.0',
  member: 'some_model/model.gguf',
  sizeBytes: content.length + 200,
}

/** An app whose catalogue has one model, from these sources. */
async function appWith(
  sources: Source[],
  dataDirectory = temporaryFolder(),
  besideFolders: readonly string[] = [],
): Promise<TestApp> {
  const resources = temporaryFolder()
  const file = { name: 'model.gguf', sizeBytes: content.length, sha256, importedBytes: content.length }
  const about = { name: 'Small', description: '', licence: 'MIT', parameterCount: 1, quantization: 'F32' }
  const shape = { layerCount: 2, hiddenSize: 16, kvHeadCount: 1, headDim: 8 }
  const catalogue = { models: [{ id: 'small', ...about, shape, file, sources }] }
  writeFileSync(join(resources, 'catalogue.json'), JSON.stringify(catalogue))
  writeFileSync(join(resources, 'replay-questions.json'), '["Why is the sky blue?"]')
  writeFileSync(join(resources, 'general-questions.json'), '[{ "question": "2 + 2?", "keys": ["4"] }]')
  return await testApp({ resourcesDirectory: resources, dataDirectory, besideFolders })
}

function pull(app: TestApp, seen: ModelProgress[] = [], signal?: AbortSignal): Promise<Model> {
  return app.call('models.pull', { id: 'small' }, (event) => seen.push(event), signal)
}

/** What the engine was given to import, by its content. */
function watchImport(app: TestApp): Buffer[] {
  const imported: Buffer[] = []
  const { importModel } = engineStandIn().operations
  app.engine.operations.importModel = async function* (input, signal) {
    imported.push(readFileSync(input.sourcePath))
    const made = yield* importModel(input, signal)
    return { ...made, sourceHash: sha256 }
  }
  return imported
}

const unreachable: Source = { kind: 'https', url: 'http://127.0.0.1:1/model.gguf' }

describe('pulling a model', () => {
  it('downloads, checks and imports it, and keeps the imported model alone', async () => {
    const server = await fileServer({ content })
    const app = await appWith([{ kind: 'https', url: server.url }])
    const imported = watchImport(app)
    const seen: ModelProgress[] = []
    const model = await pull(app, seen)
    expect(model).toMatchObject({ id: 'small', name: 'Small', sourceHash: sha256 })
    expect(imported).toEqual([content])
    expect(seen.findLast((event) => event.phase === 'download')).toEqual({
      phase: 'download',
      doneBytes: content.length,
      totalBytes: content.length,
    })
    expect(seen.at(-1)).toEqual({ phase: 'import', doneBytes: 10, totalBytes: 10 })
    expect(readdirSync(join(app.dataDirectory, 'downloads'))).toEqual([])
    expect(readdirSync(join(app.dataDirectory, 'models'))).toEqual(['small'])
    expect(await app.call('models.catalogue', {})).toMatchObject([{ id: 'small', installed: true }])
    // It is there: nothing is asked of the network again.
    expect(await pull(app)).toEqual(model)
    expect(server.ranges).toHaveLength(1)
  })

  it('needs no network where the file lies beside the program, and takes no other file for it', async () => {
    const beside = temporaryFolder()
    const app = await appWith([unreachable], undefined, [temporaryFolder(), beside])
    const imported = watchImport(app)
    expect(await app.call('models.catalogue', {})).toMatchObject([{ isBeside: false }])
    const wrong = Buffer.from(content)
    wrong[5] = ~content.readUInt8(5) & 255
    writeFileSync(join(beside, 'model.gguf'), wrong)
    expect(await failureCode(() => pull(app))).toBe('download-failed')

    writeFileSync(join(beside, 'model.gguf'), content)
    await app.call('network.clear', {})
    expect(await app.call('models.catalogue', {})).toMatchObject([{ isBeside: true }])
    expect(await pull(app)).toMatchObject({ id: 'small', sourceHash: sha256 })
    expect(imported).toEqual([content])
    expect(await app.call('network.list', {})).toEqual([])
    // It is not ours to remove.
    expect(readdirSync(beside)).toEqual(['model.gguf'])
  })

  it('goes on where a cut connection ended', async () => {
    const server = await fileServer({ content, cuts: [100_000, 50_000] })
    const app = await appWith([{ kind: 'https', url: server.url }])
    const imported = watchImport(app)
    await pull(app)
    // What was on its way when the connection broke may be lost; what is on the disk is not asked for again.
    const starts = server.ranges.map((range) => Number(/bytes=(\d+)-/.exec(range ?? 'bytes=0-')?.[1]))
    expect(starts).toHaveLength(3)
    expect(starts).toEqual(starts.toSorted((a, b) => a - b))
    expect(imported[0]?.equals(content)).toBe(true)
  })

  it('goes on after a cancel, in another app', async () => {
    // Were all of it sent, it could be there before the cancel.
    const server = await fileServer({ content, stalls: [200_000] })
    const source: Source = { kind: 'https', url: server.url }
    const app = await appWith([source])
    const cancel = new AbortController()
    const cancelled = app.call('models.pull', { id: 'small' }, () => cancel.abort(), cancel.signal)
    expect(await failureCode(() => cancelled)).toBe('cancelled')
    expect(await app.call('models.list', {})).toEqual([])
    await app.close()
    const again = await appWith([source], app.dataDirectory)
    const imported = watchImport(again)
    await pull(again)
    expect(server.ranges[1]).toMatch(/^bytes=[1-9]\d*-$/)
    expect(imported[0]?.equals(content)).toBe(true)
  })

  it('starts anew where the server can not continue', async () => {
    const server = await fileServer({ content, cuts: [100_000], acceptsRanges: false })
    const app = await appWith([{ kind: 'https', url: server.url }])
    const imported = watchImport(app)
    await pull(app)
    expect(imported[0]?.equals(content)).toBe(true)
  })

  it('starts anew where the old beginning was wrong', async () => {
    const server = await fileServer({ content })
    const app = await appWith([{ kind: 'https', url: server.url }])
    mkdirSync(join(app.dataDirectory, 'downloads'))
    writeFileSync(join(app.dataDirectory, 'downloads', `${sha256}.https.part`), Buffer.alloc(5000))
    const imported = watchImport(app)
    await pull(app)
    expect(server.ranges).toEqual(['bytes=5000-', undefined])
    expect(imported[0]?.equals(content)).toBe(true)
  })

  it('takes the next source where one is out of reach, refuses, or has another file', async () => {
    const refusing = await fileServer({ content, status: 404 })
    const longer = await fileServer({ content: Buffer.concat([content, content]) })
    const wrong = await fileServer({ content: Buffer.alloc(content.length) })
    const right = await fileServer({ content })
    const urls = [refusing, longer, wrong, right].map((server): Source => ({
      kind: 'https',
      url: server.url,
    }))
    const app = await appWith([unreachable, ...urls])
    const imported = watchImport(app)
    await pull(app)
    expect(imported[0]?.equals(content)).toBe(true)
    expect([refusing, longer, wrong].map((server) => server.ranges.length)).toEqual([1, 1, 1])
  })

  it('names what each source said when all fail', async () => {
    const wrong = await fileServer({ content: Buffer.alloc(content.length) })
    const refusing = await fileServer({ content, status: 503 })
    vi.stubEnv('PATH', temporaryFolder())
    onTestFinished(() => void vi.unstubAllEnvs())
    const urls = [wrong, refusing].map((server): Source => ({ kind: 'https', url: server.url }))
    const app = await appWith([unreachable, ...urls, wheel])
    const failure = await pull(app).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({ code: 'download-failed' })
    const { message } = failure as Failure
    expect(message).toContain("127.0.0.1:1 can't be reached")
    expect(message).toContain('sent a file with another checksum')
    expect(message).toContain('answered with status 503')
    expect(message).toContain('pip, which could fetch some-model==1.0, is not installed')
  })

  it('refuses to pull the same model twice at once, and a model that is not in the catalogue', async () => {
    const server = await fileServer({ content })
    const app = await appWith([{ kind: 'https', url: server.url }])
    watchImport(app)
    const first = app.handlers['models.pull']({ id: 'small' }, new AbortController().signal)
    await first.next()
    expect(await failureCode(() => pull(app))).toBe('already-downloading')
    await first.return({ ...summary, id: '', createdAt: 0 })
    expect(await failureCode(() => app.call('models.pull', { id: 'large' }))).toBe('model-not-in-catalogue')
    await pull(app)
  })
})

describe('the wheel', () => {
  /** A program named pip3 that puts the wheel where it is asked to. */
  function installPip(script: string): void {
    const directory = temporaryFolder()
    writeFileSync(join(directory, 'pip3'), `#!/bin/sh\n${script}\n`)
    chmodSync(join(directory, 'pip3'), 0o755)
    vi.stubEnv('PATH', [directory, '/bin', '/usr/bin'].join(delimiter))
    onTestFinished(() => void vi.unstubAllEnvs())
    // Others that would come first are hidden.
    for (const name of ['python3', 'python', 'py']) {
      writeFileSync(join(directory, name), '#!/bin/sh\necho "$0: No module named pip" >&2; exit 1\n')
      chmodSync(join(directory, name), 0o755)
    }
  }

  function wheelFile(member: string, bytes = content): string {
    const path = join(temporaryFolder(), 'some_model-1.0-py3-none-any.whl')
    writeFileSync(path, zipOf(member, bytes))
    return path
  }

  const copyToDest = (path: string) => `while [ "$1" != --dest ]; do shift; done; cp '${path}' "$2"`

  it.skipIf(process.platform === 'win32')('is asked of pip, and gives its one file', async () => {
    installPip(copyToDest(wheelFile('some_model/model.gguf')))
    const app = await appWith([unreachable, wheel])
    const imported = watchImport(app)
    await pull(app)
    expect(imported[0]?.equals(content)).toBe(true)
    expect(readdirSync(join(app.dataDirectory, 'downloads'))).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('with another file or checksum is refused', async () => {
    const app = await appWith([wheel])
    installPip(copyToDest(wheelFile('some_model/other.gguf')))
    await expect(pull(app)).rejects.toThrow("doesn't hold the file some_model/model.gguf")
    installPip(copyToDest(wheelFile('some_model/model.gguf', Buffer.alloc(content.length))))
    await expect(pull(app)).rejects.toThrow('holds a file with another checksum')
    installPip('echo "ERROR: No matching distribution found" >&2; exit 1')
    await expect(pull(app)).rejects.toThrow('No matching distribution found')
    expect(readdirSync(join(app.dataDirectory, 'downloads'))).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('is not waited for after a cancel', async () => {
    installPip('exec sleep 600')
    const app = await appWith([wheel])
    const cancel = new AbortController()
    const pulled = app.call('models.pull', { id: 'small' }, () => cancel.abort(), cancel.signal)
    expect(await failureCode(() => pulled)).toBe('cancelled')
  })
})

describe('importing a model', () => {
  it('hands the engine the bits that were asked for, and the text to measure on', async () => {
    const app = await testApp()
    const path = join(app.dataDirectory, 'tiny.gguf')
    writeFileSync(path, 'GGUF')
    await app.call('models.import', { path, name: null, quantize: 4 })
    expect(app.engine.calls.at(-1)?.input).toMatchObject({
      sourcePath: path,
      quantize: { bits: 4, passage: expect.stringMatching(/^Alice was beginning/) },
    })
    await app.call('models.import', { path, name: null })
    expect(app.engine.calls.at(-1)?.input).toMatchObject({ quantize: null })
  })

  it('gives it an id of its name, which no other model and no catalogue entry has', async () => {
    const app = await testApp()
    const [first, second] = [await withModel(app), await withModel(app)]
    expect([first.id, second.id]).toEqual(['tiny', 'tiny-2'])
    const path = join(app.dataDirectory, 'SmolLM2 135M-Instruct.gguf')
    writeFileSync(path, 'GGUF')
    const third = await app.call('models.import', { path, name: null })
    expect(third).toMatchObject({ id: 'smollm2-135m-instruct-2', name: 'SmolLM2 135M-Instruct' })
  })

  it("takes the catalogue's own file for the catalogue's model", async () => {
    const server = await fileServer({ content })
    const app = await appWith([{ kind: 'https', url: server.url }])
    watchImport(app)
    expect((await withModel(app)).id).toBe('small')
    expect((await pull(app)).name).toBe('Tiny')
    expect(server.ranges).toEqual([])
  })

  it('leaves nothing behind when it fails or is cancelled', async () => {
    const app = await testApp()
    app.engine.operations.importModel = async function* ({ targetDirectory }) {
      writeFileSync(join(targetDirectory, 'half'), '')
      yield { doneBytes: 1, totalBytes: 2 }
      throw new Failure('gguf-truncated', 'The file ends too early.')
    }
    expect(await failureCode(() => withModel(app))).toBe('gguf-truncated')
    app.engine.operations.importModel = engineStandIn().operations.importModel
    const cancel = new AbortController()
    const path = join(app.dataDirectory, 'tiny.gguf')
    const imported = app.call('models.import', { path, name: null }, () => cancel.abort(), cancel.signal)
    expect(await failureCode(() => imported)).toBe('cancelled')
    expect(readdirSync(join(app.dataDirectory, 'models'))).toEqual([])
    expect(await app.call('models.list', {})).toEqual([])
  })

  it('names a file that is not there', async () => {
    const app = await testApp()
    const missing = app.call('models.import', { path: '/no/such/model.gguf', name: null })
    expect(await failureCode(() => missing)).toBe('file-not-found')
  })

  it('has its half-done folders removed at the next start', async () => {
    const dataDirectory = temporaryFolder()
    mkdirSync(join(dataDirectory, 'models', '.unfinished-1'), { recursive: true })
    await testApp({ dataDirectory })
    expect(readdirSync(join(dataDirectory, 'models'))).toEqual([])
  })
})

describe('removing a model', () => {
  it('frees it in the engine first, then removes row and folder', async () => {
    const app = await testApp()
    const { id } = await withModel(app)
    const directory = join(app.dataDirectory, 'models', id)
    let wasThere = false
    app.engine.operations.releaseModel = async function* (input) {
      wasThere = existsSync(input.modelDirectory)
      return null
    }
    await app.call('models.remove', { id })
    expect([wasThere, existsSync(directory)]).toEqual([true, false])
    expect(await failureCode(() => app.services.models.find(id))).toBe('model-not-found')
  })
})

describe('removing a model that is needed', () => {
  it('is refused while it answers, and done after', async () => {
    const app = await testApp()
    const { id } = await withModel(app)
    const conversation = await app.call('conversations.create', { modelId: id })
    const refusals: (string | null)[] = []
    const { chat } = engineStandIn().operations
    app.engine.operations.chat = async function* (input, signal) {
      refusals.push(await failureCode(() => app.call('models.remove', { id })))
      return yield* chat(input, signal)
    }
    await app.call('chat.send', { conversationId: conversation.id, content: 'x' })
    expect(refusals).toEqual(['model-in-use'])
    await app.call('models.remove', { id })
    expect(await app.call('models.list', {})).toEqual([])
  })

  it('leaves its conversations, which another model goes on with', async () => {
    const app = await testApp()
    const { id } = await withModel(app)
    const conversation = await app.call('conversations.create', { modelId: id })
    const ask = () => app.call('chat.send', { conversationId: conversation.id, content: 'Who are you?' })
    await ask()
    await app.call('models.remove', { id })
    expect(await failureCode(ask)).toBe('no-model')
    const { messages } = await app.call('conversations.open', { id: conversation.id })
    expect(messages).toHaveLength(2)
    await withModel(app)
    await ask()
  })
})

describe('finding a model', () => {
  it('by id, by name, or the default one', async () => {
    const app = await testApp()
    const { models } = app.services
    expect(await failureCode(() => models.find(null))).toBe('no-model')
    expect(await failureCode(() => models.find('smollm2-135m-instruct'))).toBe('model-not-installed')
    const tiny = await withModel(app)
    expect([models.find('tiny'), models.find('TINY'), models.find(null)]).toEqual([tiny, tiny, tiny])
  })

  it('whose files were removed by hand says so', async () => {
    const app = await testApp()
    const { id } = await withModel(app)
    rmSync(join(app.dataDirectory, 'models', id), { recursive: true })
    const conversation = await app.call('conversations.create', { modelId: id })
    const ask = () => app.call('chat.send', { conversationId: conversation.id, content: 'x' })
    expect(await failureCode(ask)).toBe('model-files-missing')
    await app.call('models.remove', { id })
    expect(await app.call('models.list', {})).toEqual([])
  })
})

describe('the catalogue in resources', () => {
  it('has SmolLM2 as its default, from the hub and then from the wheel', async () => {
    const [first] = await readCatalogue(resourcesDirectory)
    expect(first).toMatchObject({ id: 'smollm2-135m-instruct', file: { sizeBytes: 98_362_432 } })
    expect(first?.sources.map((source) => source.kind)).toEqual(['https', 'wheel'])
  })

  it('names its models once each, smallest first, pinned to a version of their file', async () => {
    const models = await readCatalogue(resourcesDirectory)
    expect(models.length).toBeGreaterThanOrEqual(10)
    for (const key of ['id', 'name'] as const)
      expect(new Set(models.map((model) => model[key])).size).toBe(models.length)
    expect(new Set(models.map(({ file }) => file.sha256)).size).toBe(models.length)
    const sizes = models.map(({ file }) => file.sizeBytes)
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
    for (const { sources, file } of models)
      for (const source of sources)
        if (source.kind === 'https')
          expect(source.url).toMatch(new RegExp(`/resolve/[0-9a-f]{40}/${file.name}$`))
  })

  it('that is damaged is a clear failure', async () => {
    const resources = temporaryFolder()
    writeFileSync(join(resources, 'catalogue.json'), '{"models": [{}]}')
    expect(await failureCode(() => testApp({ resourcesDirectory: resources }))).toBe('catalogue-unreadable')
  })
})
