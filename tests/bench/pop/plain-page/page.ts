import { type Invitation, Registerer, SessionState, URI, UserAgent } from 'sip.js'
import type { CallerContext } from '#contract/crm.ts'

/** What such pages are: the SIP stack in the page, and who calls asked of the CRM over HTTP when the call is there. */
export type Plain = {
  start(line: { sipUrl: string; realm: string; extension: string; password: string }): Promise<void>
  /** The CRM's access token, renewed by whoever opened the page. */
  token: string
  /** `performance.timeOrigin + performance.now()` when the bytes of the last INVITE were here. */
  invitedAt: number
}

declare global {
  interface Window {
    plain: Plain
  }
}

window.WebSocket = class extends WebSocket {
  constructor(...socket: ConstructorParameters<typeof WebSocket>) {
    super(...socket)
    this.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (String(data).startsWith('INVITE ')) plain.invitedAt = performance.timeOrigin + performance.now()
    })
  }
}

const element = (name: string, text: string): HTMLElement => {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

const show = (heading: string, lines: readonly string[] = []): void => {
  const list = document.createElement('ul')
  list.append(...lines.map((line) => element('li', line)))
  document.querySelector('main')?.replaceChildren(element('h1', heading), list)
}

async function invited(invitation: Invitation): Promise<void> {
  invitation.stateChange.addListener((state) => {
    if (state === SessionState.Terminated) show('Idle')
  })
  const { user } = invitation.remoteIdentity.uri
  const question = { number: user ?? '', contactId: crypto.randomUUID() }
  const [answer] = await Promise.all([
    fetch('/api/v1/caller-context', {
      method: 'POST',
      headers: { authorization: `Bearer ${plain.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(question),
    }),
    invitation.progress(),
  ])
  if (!answer.ok) throw new Error(`caller-context: ${answer.status}`)
  const context = (await answer.json()) as CallerContext
  const names = context.citizens.map(({ givenName, familyName }) => `${givenName} ${familyName}`)
  const lines = [
    ...context.appointments.map(({ startsAt, serviceIds }) => `${startsAt} ${serviceIds.join(' ')}`),
    ...context.tickets.map(({ receivedAt, topicId, text }) => `${receivedAt} ${topicId} ${text}`),
    ...context.contacts.map(({ startedAt, note }) => `${startedAt} ${note}`),
  ]
  if (names.length === 0) show('Unknown')
  else if (names.length === 1) show(names[0] ?? '', lines)
  else show('Who is it?', [...names, ...lines])
}

const plain: Plain = {
  token: '',
  invitedAt: 0,
  async start({ sipUrl, realm, extension, password }) {
    const agent = new UserAgent({
      uri: new URI('sip', extension, realm),
      contactName: extension,
      authorizationUsername: extension,
      authorizationPassword: password,
      transportOptions: { server: sipUrl },
      logBuiltinEnabled: false,
      delegate: { onInvite: (invitation) => void invited(invitation) },
    })
    await agent.start()
    await new Promise<void>((resolve, reject) => {
      new Registerer(agent)
        .register({
          requestDelegate: {
            onAccept: () => resolve(),
            onReject: ({ message }) => reject(new Error(`REGISTER: ${message.statusCode}`)),
          },
        })
        .catch(reject)
    })
  },
}
window.plain = plain
