/** Paints what it is sent: nothing that shows a message in a browser is quicker. */
const heading = document.querySelector('h1')
const socket = new WebSocket(`ws://${location.host}/floor`)
socket.onmessage = ({ data }: MessageEvent<string>) => {
  if (heading) heading.textContent = data
}
