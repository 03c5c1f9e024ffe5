/** How the loss plot looks: its scales, lines and colours, the latter from the design's names. */
import type uPlot from 'uplot'
import { t } from '../texts/texts.ts'
import { formatLoss, formatNumber } from '../ui/format.ts'
import type { LossSet } from './chart-data.ts'

interface ChartChoice {
  readonly logarithmic: boolean
  /** How many steps the run has; 0 while nobody knows. */
  readonly steps: number
  readonly sets: readonly LossSet[]
}

/** In CSS pixels, without the legend. */
const plotHeight = 240

/** What a colour name means right now; canvas can't read custom properties. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  element.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

export function chartOptions(frame: HTMLElement, { logarithmic, steps, sets }: ChartChoice): uPlot.Options {
  const ink = colourOf(frame, '--ink-soft')
  const line = colourOf(frame, '--chart-grid')
  const font = `12px ${getComputedStyle(frame).fontFamily}`
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false } }

  return {
    width: Math.max(200, frame.clientWidth),
    height: plotHeight,
    scales: {
      x: { time: false, range: (_, low, high) => [Math.min(0, low), Math.max(steps, high, 1)] },
      y: logarithmic ? { distr: 3, log: 10 } : { range: (_, __, high) => [0, (high || 1) * 1.08] },
    },
    axes: [
      { ...axis, label: t.personalize.chart.step, labelFont: font, labelSize: 18, size: 34 },
      { ...axis, size: 46, label: t.personalize.chart.loss, labelFont: font, labelSize: 20 },
    ],
    series: [
      {
        label: t.personalize.chart.step,
        value: (_, step: number | null) => (step === null ? '–' : formatNumber(step)),
      },
      ...sets.map((set) => ({ ...seriesOf(frame, set), value: lossOrDash })),
    ],
    legend: { live: true },
    cursor: { drag: { x: false, y: false } },
  }
}

function lossOrDash(_: uPlot, loss: number | null): string {
  return loss === null ? '–' : formatLoss(loss)
}

/** The sets differ in line and mark as well as in colour. */
function seriesOf(frame: HTMLElement, set: LossSet): uPlot.Series {
  switch (set) {
    case 'step':
      return {
        label: t.personalize.chart.sets.step,
        stroke: colourOf(frame, '--chart-step'),
        width: 1.25,
        points: { show: false },
        spanGaps: true,
      }
    case 'training':
      return {
        label: t.personalize.chart.sets.training,
        stroke: colourOf(frame, '--chart-training'),
        width: 2,
        // Measured rarely: marks without a line, which would claim what lies between.
        paths: () => null,
        points: { show: true, size: 9, fill: colourOf(frame, '--chart-training') },
      }
    case 'heldOut':
      return {
        label: t.personalize.chart.sets.heldOut,
        stroke: colourOf(frame, '--chart-held-out'),
        width: 2,
        dash: [6, 4],
        spanGaps: true,
        points: { show: true, size: 7, fill: colourOf(frame, '--page') },
      }
  }
}
