/** Layers and ranks as a person writes them: `0, 2-5` and `3:8, q_proj:16, 3.q_proj:0`. */
import type { TrainingSettings } from '../../src-main/contract/entities.ts'

export function layersText(layers: TrainingSettings['layers']): string {
  return (layers ?? []).join(', ')
}

/** Empty is null: the share of layers decides then. */
export function parseLayers(text: string): Pick<TrainingSettings, 'layers'> | null {
  if (text.trim() === '') return { layers: null }
  const layers = new Set<number>()
  for (const part of text.split(',')) {
    const [, first, last = first] = /^\s*(\d{1,4})(?:\s*[-–]\s*(\d{1,4}))?\s*$/.exec(part) ?? []
    if (first === undefined || last === undefined || Number(first) > Number(last)) return null
    for (let layer = Number(first); layer <= Number(last); layer++) layers.add(layer)
  }
  return { layers: [...layers].toSorted((a, b) => a - b) }
}

export function ranksText(ranks: TrainingSettings['ranks']): string {
  return Object.entries(ranks)
    .map(([place, rank]) => `${place}:${rank}`)
    .join(', ')
}

export function parseRanks(text: string): Pick<TrainingSettings, 'ranks'> | null {
  if (text.trim() === '') return { ranks: {} }
  const entries: [string, number][] = []
  for (const part of text.split(',')) {
    const [, place, rank] = /^\s*([\w.]+)\s*:\s*(\d{1,4})\s*$/.exec(part) ?? []
    if (place === undefined || rank === undefined || Number(rank) > 4096) return null
    entries.push([place, Number(rank)])
  }
  return { ranks: Object.fromEntries(entries) }
}
