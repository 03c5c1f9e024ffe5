/** Where a command's words go: results to stdout, everything about the work to stderr. */

/** The part of a stream that is written to. */
export interface TextStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface Output {
  /** Text for stdout, as it is. Nothing where one JSON object was asked for. */
  text(text: string): void
  line(line?: string): void
  /** A line for stderr. */
  note(line: string): void
  /**
   * How far the work is: one line that is rewritten on a terminal; elsewhere a line for every tenth.
   *
   * @param share of the work that is done, 0 to 1
   */
  progress(line: string, share: number): void
  /** Takes the line of the progress away, where one stands. */
  endProgress(): void
  /** The object on stdout, where JSON was asked for. */
  json(value: unknown): void
}

const eraseLine = '\r\u001b[2K'

export function createOutput(stdout: TextStream, stderr: TextStream, asJson: boolean): Output {
  const terminal = stderr.isTTY === true
  let progressShown = false
  let tenthShown = -1

  function endProgress(): void {
    if (progressShown) stderr.write(eraseLine)
    progressShown = false
    tenthShown = -1
  }

  function text(written: string): void {
    endProgress()
    if (!asJson) stdout.write(written)
  }

  return {
    text,
    line: (line = '') => text(`${line}\n`),
    note(line) {
      endProgress()
      stderr.write(`${line}\n`)
    },
    endProgress,
    progress(line, share) {
      if (terminal) {
        stderr.write(eraseLine + line.slice(0, (stderr.columns ?? 80) - 1))
        progressShown = true
        return
      }
      const tenth = Math.floor(share * 10)
      if (tenth === tenthShown) return
      tenthShown = tenth
      stderr.write(`${line}\n`)
    },
    json(value) {
      endProgress()
      if (asJson) stdout.write(`${JSON.stringify(value)}\n`)
    },
  }
}
