import { UA, WebSocketInterface } from 'jssip'
import type { IncomingRTCSessionEvent } from 'jssip/lib/UA.d.ts'
import { now, type PeerTelephone } from './telephone.ts'

/** JsSIP as its own guide has it. It rings by itself. */
let calls = 0
let agent: UA | null = null
let servers: RTCIceServer[] = []
const telephone: PeerTelephone = {
  clicks: {},
  calls: () => calls,
  dial(number) {
    return new Promise((resolve) => {
      const clickedAt = now()
      let key = ''
      agent?.call(number, {
        mediaConstraints: { audio: true, video: false },
        pcConfig: { iceServers: servers },
        eventHandlers: {
          sending: ({ request }: { request: { call_id: string } }) => {
            key = request.call_id
          },
          failed: () => resolve({ clickedAt, key }),
        },
      })
    })
  },
  start({ sipUrl, realm, extension, username, password, iceServers, ringsFor }) {
    servers = iceServers
    const telephones = new UA({
      sockets: [new WebSocketInterface(sipUrl)],
      uri: `sip:${extension}@${realm}`,
      authorization_user: username,
      password,
    })
    agent = telephones
    telephones.on('newRTCSession', ({ session, originator, request }: IncomingRTCSessionEvent) => {
      if (originator !== 'remote') return
      calls++
      const over = () => {
        calls--
      }
      session.on('ended', over)
      session.on('failed', over)
      setTimeout(() => {
        telephone.clicks[request.getHeader('Call-ID')] = now()
        session.answer({ mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers } })
      }, ringsFor)
    })
    const registered = new Promise<void>((resolve, reject) => {
      telephones.on('registered', () => resolve())
      telephones.on('registrationFailed', ({ cause }) => reject(new Error(cause)))
    })
    telephones.start()
    return registered
  },
}
window.telephone = telephone
