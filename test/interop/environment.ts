/** The other programs, made ready once and kept with the test's downloads. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { testHome } from '../model-files.ts'

const home = join(testHome, 'interop')
const pythonPackages = ['torch==2.*', 'transformers==5.*', 'peft==0.21.*', 'gguf', 'accelerate', 'sacrebleu']
const llamaPackage = 'node-llama-cpp@3.22.1'

/** A Python with PEFT: the one `VERANDA_BENCH_PYTHON` names, else one of our own. */
export function python(): string {
  const given = process.env.VERANDA_BENCH_PYTHON
  if (given !== undefined) return resolve(given)
  const own = join(home, 'python', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  if (existsSync(join(home, 'python', 'ready'))) return own
  console.error('Installing PyTorch, transformers and PEFT …')
  mkdirSync(home, { recursive: true })
  run('python3', ['-m', 'venv', '--clear', join(home, 'python')])
  run(own, ['-m', 'pip', 'install', '--quiet', ...pythonPackages])
  mkdirSync(join(home, 'python', 'ready'))
  return own
}

/** A folder with node-llama-cpp: the one `VERANDA_BENCH_LLAMA` names, else one of our own. */
export function llamaFolder(): string {
  const given = process.env.VERANDA_BENCH_LLAMA
  if (given !== undefined) return resolve(given)
  const own = join(home, 'llama')
  if (existsSync(join(own, 'node_modules', 'node-llama-cpp'))) return own
  console.error('Installing llama.cpp …')
  mkdirSync(own, { recursive: true })
  // Its prebuilt libraries are packages; its script would download or compile one.
  run('npm', ['install', '--prefix', own, '--no-save', '--ignore-scripts', '--silent', llamaPackage])
  return own
}

function run(program: string, parameters: readonly string[]): void {
  execFileSync(program, parameters, { stdio: ['ignore', 'inherit', 'inherit'] })
}
