/** Options of a command: each knows its placeholder, its help and how its text is read. */
import { deviceNames } from '../../contract/devices.ts'

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Option<T> {
  /** What stands for its value in the usage; null for a flag. */
  readonly placeholder: string | null
  readonly help: string
  /** @throws UsageError */
  readonly read: (text: string, name: string) => T
}

export type Options = Readonly<Record<string, Option<unknown>>>

/** What was given of the options; undefined for what was not. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T | undefined : never
}

export function flag(help: string): Option<true> {
  return { placeholder: null, help, read: () => true }
}

export function text(placeholder: string, help: string): Option<string> {
  return {
    placeholder,
    help,
    read(given, name) {
      if (given.trim() === '') throw new UsageError(`--${name} needs a value.`)
      return given
    },
  }
}

export function integer(placeholder: string, help: string, min: number, max: number): Option<number> {
  return {
    placeholder,
    help,
    read(given, name) {
      const value = Number(given)
      if (given.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
        throw new UsageError(`--${name} is a whole number from ${min} to ${max}, not “${given}”.`)
      }
      return value
    },
  }
}

export function decimal(placeholder: string, help: string, min: number, max: number): Option<number> {
  return {
    placeholder,
    help,
    read(given, name) {
      const value = Number(given)
      if (given.trim() === '' || !(value >= min && value <= max)) {
        throw new UsageError(`--${name} is a number from ${min} to ${max}, not “${given}”.`)
      }
      return value
    },
  }
}

/** 4 or 8. */
export function bits(help: string): Option<4 | 8> {
  return {
    placeholder: '4|8',
    help,
    read(given, name) {
      if (given === '4' || given === '8') return given === '4' ? 4 : 8
      throw new UsageError(`--${name} takes 4 or 8, not “${given}”.`)
    },
  }
}

/** One word of a given set. */
export function choice<W extends string>(help: string, words: readonly W[]): Option<W> {
  return {
    placeholder: words.join('|'),
    help,
    read(given, name) {
      const word = words.find((candidate) => candidate === given)
      if (word === undefined) throw new UsageError(`--${name} takes ${words.join(', ')}; not “${given}”.`)
      return word
    },
  }
}

/** Of the commands that compute; see `Invocation.device`. */
export const onDevice = choice('compute there, this time; auto is the fastest that was measured', [
  'auto',
  ...deviceNames,
])

/** Whole numbers between commas, and ranges of them: `0,2-5`. */
export function integers(placeholder: string, help: string, max: number): Option<readonly number[]> {
  return {
    placeholder,
    help,
    read(given, name) {
      const numbers = given.split(',').flatMap((part) => {
        const [, first = '', last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? []
        const [from, to] = [Number(first), Number(last)]
        if (first === '' || from > to || to > max) {
          throw new UsageError(`--${name} takes whole numbers up to ${max}, as in 0,2-5; not “${given}”.`)
        }
        return Array.from({ length: to - from + 1 }, (_, index) => from + index)
      })
      return [...new Set(numbers)]
    },
  }
}

/** Whole numbers by their places, between commas: `3.q_proj:8,k_proj:0`. */
export function numbersByPlace(
  placeholder: string,
  help: string,
  max: number,
): Option<Readonly<Record<string, number>>> {
  return {
    placeholder,
    help,
    read(given, name) {
      const entries = given.split(',').map((part): [string, number] => {
        const [, place = '', number = ''] = /^\s*([\w.]+):(\d+)\s*$/.exec(part) ?? []
        if (place === '' || Number(number) > max) {
          throw new UsageError(
            `--${name} takes PLACE:NUMBER between commas, numbers up to ${max}; not “${part}”.`,
          )
        }
        return [place, Number(number)]
      })
      return Object.fromEntries(entries)
    },
  }
}

/** Words of a given set, between commas, each once. */
export function list<W extends string>(help: string, words: readonly W[]): Option<readonly W[]> {
  const isWord = (word: string): word is W => (words as readonly string[]).includes(word)
  return {
    placeholder: 'LIST',
    help: `${help}: ${words.join(',')}`,
    read(given, name) {
      return [...new Set(given.split(',').map((word) => word.trim()))].map((word) => {
        if (!isWord(word)) throw new UsageError(`--${name} takes ${words.join(', ')}; not “${word}”.`)
        return word
      })
    },
  }
}
