/**
 * Stand-ins of the tools with which electron-builder makes an AppImage and a deb, which it would download: each keeps
 * the files that it was to make an installer of.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface LinuxTools {
  /** Says electron-builder to take them. */
  readonly environment: Readonly<Record<string, string>>
  /** What lies in the AppImage. */
  readonly appImage: string
  /** What the deb puts on the system, from its root on. */
  readonly deb: string
  /** The script that the system runs before (`preinst`) or after ... of the deb. */
  readonly debScripts: string
  /** The arguments of fpm, one a line: what the deb says of itself. */
  readonly debArguments: string
}

const squash = `#!/bin/sh
cp -r "$1" "$(dirname "$0")/../kept-app-image" && : > "$2"
`

const fpm = `#!/bin/sh
kept="$(dirname "$0")/kept-deb"
mkdir -p "$kept/scripts"
printf '%s\\n' "$@" > "$kept/arguments"
for argument in "$@"; do
  case "$argument" in
    *=/*) target="$kept/root\${argument#*=}"; mkdir -p "$(dirname "$target")"; cp -r "\${argument%%=/*}" "$target" ;;
    */*-after-install|*/*-after-remove) cp "$argument" "$kept/scripts/\${argument##*-}" ;;
  esac
done
`

export async function linuxTools(directory: string): Promise<LinuxTools> {
  const host = join(directory, `linux-${process.arch}`)
  await mkdir(host, { recursive: true })
  await mkdir(join(directory, 'lib/x64'), { recursive: true })
  for (const [path, text] of [
    [join(host, 'mksquashfs'), squash],
    [join(host, 'desktop-file-validate'), '#!/bin/sh\n'],
    [join(directory, 'fpm'), fpm],
    [join(directory, 'runtime-x64'), 'Stands in for the program that mounts the image.'],
  ] as const) {
    await writeFile(path, text, { mode: 0o755 })
  }
  return {
    environment: { APPIMAGE_TOOLS_PATH: directory, CUSTOM_FPM_PATH: join(directory, 'fpm') },
    appImage: join(directory, 'kept-app-image'),
    deb: join(directory, 'kept-deb/root'),
    debScripts: join(directory, 'kept-deb/scripts'),
    debArguments: join(directory, 'kept-deb/arguments'),
  }
}
