/** What the shared parts say. */
export const ui = {
  cancel: 'Cancel',
  close: 'Close',
  dismiss: 'Dismiss',
  notices: 'Notices',
  undo: 'Undo',
  retry: 'Try again',
  code: (code: string) => `Code: ${code}`,
  loading: 'Loading',
  loadingWhat: (what: string) => `Loading ${what}`,
  couldNotLoad: (what: string) => `Could not load ${what}`,
}
