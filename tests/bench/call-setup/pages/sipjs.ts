import { Inviter, Registerer, SessionState, URI, UserAgent } from 'sip.js'
import { now, type PeerTelephone } from './telephone.ts'

/** SIP.js as its own guide has it, in the page. */
let calls = 0
let agent: UserAgent | null = null
let domain = ''
const telephone: PeerTelephone = {
  clicks: {},
  calls: () => calls,
  async dial(number) {
    if (!agent) throw new Error('not started')
    const clickedAt = now()
    const inviter = new Inviter(agent, new URI('sip', number, domain), {
      sessionDescriptionHandlerOptions: { constraints: { audio: true, video: false } },
    })
    const over = new Promise<void>((resolve) => {
      inviter.stateChange.addListener((state) => {
        if (state === SessionState.Terminated) resolve()
      })
    })
    await inviter.invite()
    await over
    return { clickedAt, key: inviter.request.callId }
  },
  async start({ sipUrl, realm, extension, username, password, iceServers, ringsFor }) {
    domain = realm
    const telephones = new UserAgent({
      uri: new URI('sip', extension, realm),
      contactName: extension,
      authorizationUsername: username,
      authorizationPassword: password,
      transportOptions: { server: sipUrl },
      sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers } },
      logBuiltinEnabled: false,
      delegate: {
        onInvite(invitation) {
          calls++
          invitation.stateChange.addListener((state) => {
            if (state === SessionState.Terminated) calls--
          })
          void invitation.progress()
          setTimeout(() => {
            telephone.clicks[invitation.request.callId] = now()
            void invitation.accept({
              sessionDescriptionHandlerOptions: { constraints: { audio: true, video: false } },
            })
          }, ringsFor)
        },
      },
    })
    agent = telephones
    await agent.start()
    await new Promise<void>((resolve, reject) => {
      new Registerer(telephones)
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
window.telephone = telephone
