import { os, requireDevicePrincipal, requireSignIn, requireUser } from '../http/context.ts'
import { noteSignIn } from '../identity/sign-ins.ts'
import { registerDevice, requireOwnDevice } from './devices.ts'
import type { Notices } from './notices.ts'
import { type PushDeps, push } from './push.ts'
import { saidByThisClock } from './said-at.ts'
import { openStream, replaceStream } from './streams.ts'
import { confirmWipe, ordersOf, orderWipe, readDevices } from './wipe.ts'

export const devicesRouter = ({ db, now }: PushDeps) => ({
  register: os.devices.register.handler(async ({ context, input }) => {
    const { user, grant } = await requireSignIn(context)
    const device = await registerDevice(db, user.id, input.name)
    await noteSignIn(db, grant, device.deviceId)
    return device
  }),
  list: os.devices.list.handler(async () => ({ devices: await readDevices(db) })),
  wipe: os.devices.wipe.handler(async ({ context, input }) => {
    const user = await requireUser(context)
    return orderWipe(db, input.id, user.id, input.mode)
  }),
  orders: os.devices.orders.handler(async ({ context }) =>
    ordersOf(db, await requireDevicePrincipal(context, { alsoCondemned: true }), now()),
  ),
  wiped: os.devices.wiped.handler(async ({ context, input }) => {
    const deviceId = await requireDevicePrincipal(context, { alsoCondemned: true })
    await confirmWipe(db, deviceId, input.destroyed)
    return {}
  }),
})

export const syncRouter = (deps: PushDeps & { notices: Notices }) => ({
  registerStream: os.sync.registerStream.handler(async ({ context, input }) => {
    const { user, grant } = await requireSignIn(context)
    await requireOwnDevice(deps.db, input.deviceId, {
      ...{ userId: user.id, grant },
      deviceCredential: context.deviceCredential,
    })
    return openStream(deps.db, { id: input.streamId, deviceId: input.deviceId, userId: user.id })
  }),

  replaceStream: os.sync.replaceStream.handler(async ({ context, input }) => {
    const deviceId = await requireDevicePrincipal(context)
    return replaceStream(deps.db, deviceId, input.streamId, input.replacement)
  }),

  push: os.sync.push.handler(async ({ context, input }) => {
    const deviceId = await requireDevicePrincipal(context)
    const commands = saidByThisClock(input.commands, input.sentAt, deps.now())
    return push({ ...deps, log: context.log }, deviceId, input.streamId, commands)
  }),

  notices: os.sync.notices.handler(async function* ({ context, signal }) {
    const { user, grant } = await requireSignIn(context)
    for await (const _ of deps.notices.watch({ userId: user.id, grant }, signal))
      yield { pull: true as const }
  }),
})
