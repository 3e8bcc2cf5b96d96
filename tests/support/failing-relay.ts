import { onTestFinished } from 'vitest'
import type { PhoneRig } from './phone-rig.ts'
import { openSipRelay, type SipRelay } from './sip-relay.ts'
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { credentialsOf } from './telephone.ts'

/** A stopped desk's way to the line, which a test may answer on and cut. */
export async function throughFailingRelay(rig: PhoneRig): Promise<{ relay: SipRelay; network: TcpProxy }> {
  await rig.desk.phone.stop()
  const relay = await openSipRelay(rig.line.sipUrl)
  const network = await openTcpProxy(Number(new URL(relay.url).port))
  onTestFinished(async () => {
    await rig.desk.phone.stop()
    await network.close()
    await relay.close()
  })
  rig.credentials = async () => credentialsOf('2001', `ws://127.0.0.1:${network.port}/`, rig.line.queueUrl)
  return { relay, network }
}
