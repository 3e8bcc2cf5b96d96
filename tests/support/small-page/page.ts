import { connect } from '../../../src/renderer/src/host/connection.ts'

/** The page's own connection and no more: the title is its status, the body's text what the host answered. */
const connection = connect()
connection.status.subscribe(() => {
  document.title = connection.status.get()
})
const { signIn } = await connection.desk.host.capabilities()
document.body.textContent = signIn
