/** The built renderer as the two hosts of screens serve it: which file a path means, its type, and its policy. */
import { readFile } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

export interface RendererFile {
  readonly contentType: string
  readonly bytes: Buffer<ArrayBuffer>
}

/**
 * The file of the renderer that a URL's path means; null where there is none.
 *
 * Nothing outside of the folder is ever read, whatever the path holds (`..`, encoded or not, a drive, a NUL),
 * and only file types that a build of the renderer has.
 */
export async function readRendererFile(directory: string, urlPath: string): Promise<RendererFile | null> {
  const path = decodePath(urlPath)
  if (path === null || path.includes('\0') || path.includes('\\')) return null
  const root = resolve(directory)
  const file = resolve(join(root, path === '/' ? 'index.html' : path))
  const contentType = contentTypes[extname(file)]
  if (!file.startsWith(root + sep) || contentType === undefined) return null
  try {
    return { contentType, bytes: await readFile(file) }
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function decodePath(urlPath: string): string | null {
  try {
    return decodeURIComponent(urlPath)
  } catch {
    return null // Not a path: a `%` that encodes nothing.
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR' || code === 'ENAMETOOLONG'
}

/**
 * What a page may load and whom it may talk to: itself only. No inline scripts or styles and no `eval`;
 * styles set through the DOM's `style` property are not inline styles. A text becomes markup only by Svelte (its
 * own templates) and by DOMPurify (what it has cleaned).
 *
 * @param connections where the page may connect to, as CSP sources
 */
function contentSecurityPolicy(connections: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${connections.length === 0 ? "'none'" : connections.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types svelte-trusted-html dompurify',
  ].join('; ')
}

/** The headers of every response with a part of the renderer, or none of it. */
export function pageHeaders(connections: readonly string[]): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(connections),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    // Locally there is nothing to gain from a cache, and a page of another version to lose.
    'Cache-Control': 'no-store',
  }
}
