export const assistants = {
  lineage: 'What it learned from',
  fingerprint: 'Fingerprint of its examples',
  heldOut: 'only measured',
  forget: 'Forget',
  forgetLabel: (question: string) => `Forget “${question}”`,
  forgetText:
    'Forgetting an example trains a new version without it, with the same settings. This version stays until you delete it.',
  forgetting: (name: string) => `“${name}” is being trained without the example.`,
  failed: 'That could not be done',
}
