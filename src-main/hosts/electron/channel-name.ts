/** The message with which the port goes from the app to the preload, and from there to the page. */
export const channelName = 'veranda-channel'
