/**
 * Draws the icons of the installers from resources/icons/icon.svg: `node test/packaging/render-icons.ts`.
 *
 * ICO and ICNS hold PNG pictures as they are, so a browser that draws them is all the tool it takes.
 */
import { readFile, writeFile } from 'node:fs/promises'
import chromium from '@sparticuz/chromium'
import { chromium as playwright } from 'playwright-core'

const folder = 'resources/icons'
const sizes = [16, 32, 48, 64, 128, 256, 512, 1024]

/** ICNS type of a PNG by its side in pixels; the second is the same picture for a display of double density. */
const icnsTypes: Readonly<Record<number, readonly string[]>> = {
  32: ['ic11'],
  64: ['ic12'],
  128: ['ic07'],
  256: ['ic08', 'ic13'],
  512: ['ic09', 'ic14'],
  1024: ['ic10'],
}

async function draw(svg: string): Promise<ReadonlyMap<number, Buffer>> {
  const browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args,
  })
  try {
    const page = await browser.newPage()
    await page.setContent(`<style>body{margin:0} svg{display:block;width:100vw;height:100vh}</style>${svg}`)
    const pictures = new Map<number, Buffer>()
    for (const size of sizes) {
      await page.setViewportSize({ width: size, height: size })
      pictures.set(size, await page.screenshot({ omitBackground: true }))
    }
    return pictures
  } finally {
    await browser.close()
  }
}

/** A header, a directory entry of 16 bytes a picture, the pictures; a side of 256 is written as 0. */
function ico(pictures: ReadonlyMap<number, Buffer>): Buffer {
  const fitting = [...pictures].filter(([size]) => size <= 256)
  const header = Buffer.alloc(6 + 16 * fitting.length)
  header.writeUInt16LE(1, 2)
  header.writeUInt16LE(fitting.length, 4)
  let offset = header.length
  for (const [index, [size, png]] of fitting.entries()) {
    const entry = 6 + 16 * index
    header.writeUInt8(size % 256, entry)
    header.writeUInt8(size % 256, entry + 1)
    header.writeUInt16LE(1, entry + 4)
    header.writeUInt16LE(32, entry + 6)
    header.writeUInt32LE(png.length, entry + 8)
    header.writeUInt32LE(offset, entry + 12)
    offset += png.length
  }
  return Buffer.concat([header, ...fitting.map(([, png]) => png)])
}

/** `icns` and the length of all, then a picture after its type and its length with these 8 bytes. */
function icns(pictures: ReadonlyMap<number, Buffer>): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const header = Buffer.from(`${type}\0\0\0\0`, 'latin1')
    header.writeUInt32BE(header.length + data.length, 4)
    return Buffer.concat([header, data])
  }
  const chunks = [...pictures].flatMap(([size, png]) =>
    (icnsTypes[size] ?? []).map((type) => chunk(type, png)),
  )
  return chunk('icns', Buffer.concat(chunks))
}

const pictures = await draw(await readFile(`${folder}/icon.svg`, 'utf8'))
await writeFile(`${folder}/icon.ico`, ico(pictures))
await writeFile(`${folder}/icon.icns`, icns(pictures))
for (const size of [16, 32, 48, 64, 128, 256, 512]) {
  await writeFile(`${folder}/${size}x${size}.png`, pictures.get(size) ?? '')
}
