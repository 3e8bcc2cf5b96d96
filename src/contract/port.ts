/**
 * What a window of `app://` and its preload say to each other by `window.postMessage`: the window asks, the preload hands over one
 * MessagePort to the host, and another whenever the host was started anew. Also the names of the preload's two IPC channels.
 */
export const portRequest = 'ascolto:port-request'
export const portHandover = 'ascolto:port'
