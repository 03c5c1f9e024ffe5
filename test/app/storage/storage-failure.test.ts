import { describe, expect, it } from 'vitest'
import { Failure } from '../../../src-main/contract/failure.ts'
import { toStorageFailure } from '../../../src-main/app/storage/storage-failure.ts'

function fileError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

describe('an error of the disk', () => {
  for (const [code, expected] of [
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EROFS', 'data-folder-read-only'],
    ['EACCES', 'data-folder-read-only'],
    ['ENOTDIR', 'data-folder-unusable'],
  ] as const) {
    it(`${code} is told as ${expected}, with the place`, () => {
      const cause = fileError(code)
      const failure = toStorageFailure(cause, '/some/place')
      expect(failure).toBeInstanceOf(Failure)
      expect(failure).toMatchObject({
        code: expected,
        message: expect.stringContaining('/some/place'),
        cause,
      })
    })
  }

  it('that is none is not touched', () => {
    const error = fileError('ECONNRESET')
    expect(toStorageFailure(error, '/some/place')).toBe(error)
    expect(toStorageFailure('text', '/some/place')).toBe('text')
  })
})
