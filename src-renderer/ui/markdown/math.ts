/** TeX as MathML by Temml; loaded with the first formula. */
import temml from 'temml'

/** The content policy refuses styles in attributes, also in a text that is only being sanitised. */
const styles = / style="[^"]*"/g

/** null where it isn't TeX that can be read; it is then shown as it was written. */
export function renderMath(tex: string, displayMode: boolean): string | null {
  try {
    return temml.renderToString(tex, { displayMode, throwOnError: true }).replaceAll(styles, '')
  } catch {
    return null
  }
}
