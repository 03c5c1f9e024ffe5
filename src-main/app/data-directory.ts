/** Where Veranda keeps models, conversations, examples and adapters. */
import { isAbsolute, resolve } from 'node:path'
import envPaths from 'env-paths'

/**
 * The data folder, as an absolute path: the one asked for (`--data-dir`), else `VERANDA_HOME`, else the
 * platform's place for an app's data.
 */
export function dataDirectory(
  environment: { readonly VERANDA_HOME?: string | undefined },
  asked: string | null,
): string {
  const chosen = asked || environment.VERANDA_HOME || envPaths('veranda', { suffix: '' }).data
  return isAbsolute(chosen) ? chosen : resolve(chosen)
}
