/**
 * Who may import whom, for dependency-cruiser: a room refuses all it may not see.
 * test/layers.test.ts breaks each rule once to show that it bites.
 */
import type { IConfiguration, IForbiddenRuleType } from 'dependency-cruiser'

const inside = (folder: string) => `^${folder}/`
const library = (...names: string[]) => `(^|/)node_modules/(${names.join('|')})/`

/** All that is in the repository or installed; Node's own modules have a rule of their own. */
const anything = ['^(src-main|src-renderer|test|native)/', '(^|/)node_modules/']
const contract = inside('src-main/contract')
const core = inside('src-main/core')
const texts = inside('src-main/texts')

/** The room may see itself and what `mayImport` lists, nothing else. */
function room(name: string, folder: string, comment: string, mayImport: string[]): IForbiddenRuleType {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: folder },
    // Types of Node's own modules arrive through @types/node.
    to: { path: anything, pathNot: [folder, library('@types/node'), ...mayImport] },
  }
}

/** A folder of the core may see, of the core, itself and the folders it stands on. */
function coreRoom(folder: string, ...below: string[]): IForbiddenRuleType {
  return {
    name: `core-${folder}`,
    comment: below.length === 0 ? `${folder} is a leaf.` : `${folder} stands on ${below.join(', ')} only.`,
    severity: 'error',
    from: { path: inside(`src-main/core/${folder}`) },
    to: { path: core, pathNot: [folder, ...below].map((name) => inside(`src-main/core/${name}`)) },
  }
}

/** The package has one importing file or folder in the product. */
function door(packageName: string, path: string): IForbiddenRuleType {
  return {
    name: `door-${packageName}`,
    comment: `${packageName} is imported in one place.`,
    severity: 'error',
    from: { path: '^src-', pathNot: path },
    to: { path: [library(packageName), `^${packageName}$`] },
  }
}

const configuration: IConfiguration = {
  forbidden: [
    room('contract', contract, 'The contract is data.', [library('zod')]),
    room('texts', texts, 'Texts are data, for the screens and for what a host says itself.', [
      '^src-main/contract/(failure|sentence)\\.ts$',
    ]),
    room('core', core, 'The core is pure: bytes and values in, values out.', [
      '^src-main/contract/(failure|sentence)\\.ts$',
      library('@huggingface/jinja'),
    ]),
    coreRoom('graph'),
    coreRoom('checkpoint'),
    coreRoom('tokenizer'),
    coreRoom('llama', 'graph', 'checkpoint', 'tokenizer'),
    coreRoom('vera', 'graph', 'checkpoint', 'llama'),
    coreRoom('training', 'graph', 'checkpoint', 'llama', 'vera', 'tokenizer'),
    coreRoom('generation', 'graph', 'checkpoint', 'llama', 'vera', 'tokenizer'),
    room('engine', inside('src-main/engine'), 'The engine knows nothing of the product around it.', [
      contract,
      core,
      inside('native'),
      library('onnxruntime-node', 'onnxruntime-common'),
    ]),
    room('app', inside('src-main/app'), 'The app sees the engine through its contract, and no host.', [
      contract,
      '^src-main/engine/(device-|chat-event-)?contract\\.ts$',
      library('better-sqlite3', '@types/better-sqlite3'),
      library('csv-parse', 'yauzl', '@types/yauzl', 'env-paths', 'systeminformation', 'zod'),
    ]),
    room('hosts', inside('src-main/hosts'), 'A host puts the app and the engine into processes.', [
      contract,
      inside('src-main/app'),
      '^src-main/engine/((chat-event-)?contract|client|engine-arguments|messages|engine-exit|process)\\.ts$',
      texts,
      library('electron', 'electron-updater', 'electron-vite', 'ws', '@types/ws', 'zod'),
    ]),
    {
      name: 'host-to-host',
      comment:
        'Hosts share the files at the top of hosts/ and the server for other programs, nothing of another host.',
      severity: 'error',
      from: { path: '^src-main/hosts/([^/]+)/' },
      to: { path: '^src-main/hosts/[^/]+/', pathNot: '^src-main/hosts/($1|api)/' },
    },
    room('renderer', inside('src-renderer'), 'A screen knows the contract and the texts only.', [
      contract,
      texts,
      library('svelte', 'marked', 'dompurify', 'highlight.js', 'temml', 'uplot', '@lucide/svelte', 'zod'),
    ]),
    {
      name: 'no-node',
      comment: 'Contract, texts, core and screens run without Node.',
      severity: 'error',
      from: { path: [contract, texts, core, inside('src-renderer')] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-network',
      comment:
        'The app reaches the network through app/network alone, which is given `fetch`; the engine never.',
      severity: 'error',
      from: { path: '^src-main/(contract|core|engine|app)/' },
      to: { path: '^(node:)?(http|https|http2|net|dgram|dns|tls|inspector)(/|$)' },
    },
    door('onnxruntime-node', '^src-main/engine/onnx-runtime\\.ts$'),
    door('better-sqlite3', inside('src-main/app/storage')),
    door('electron', inside('src-main/hosts/electron')),
    door('electron-updater', '^src-main/hosts/electron/updater\\.ts$'),
    {
      name: 'no-circular',
      comment: 'Files that run each other in a circle; one that only needs the other for its types may.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'import', 'require', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.svelte', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}

export default configuration
