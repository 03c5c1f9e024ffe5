import { Notification } from 'electron'
import type { SystemNotice } from '../../contract/entities.ts'
import { focusWindow } from './window.ts'

/** Shows a notification of the system, which brings the window to the front when it is clicked; whether it could. */
export function notify({ title, body }: SystemNotice): boolean {
  if (!Notification.isSupported()) return false
  const notification = new Notification({ title, body })
  notification.on('click', focusWindow)
  notification.show()
  return true
}
