/** The name itself if it is free, else with the first number from 2 that makes it so. */
export function uniqueName(name: string, isTaken: (candidate: string) => boolean, separator = ' '): string {
  let candidate = name
  for (let number = 2; isTaken(candidate); number++) candidate = `${name}${separator}${number}`
  return candidate
}

/** Whether two names are the same to a person, and to a command line. */
export function sameName(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase()
}
