import { Check, ChevronDown } from 'lucide-react'
import {
  Button as AriaButton,
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Separator,
} from 'react-aria-components'
import { type DesiredState, notReadyReasons, type User } from '#contract/domain/agent.ts'
import { isLive } from '#contract/domain/call.ts'
import { useCalls } from '../host/call-store.ts'
import { useLive } from '../host/live-store.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from '../ui/cx.ts'
import { useDesiredWords, useQueueSays } from './ribbon-agent.tsx'
import { useSignOut } from './sign-out.tsx'
import s from './truth.module.css'
import { showPage } from './use-scene.ts'
import { useSetDesired } from './use-set-desired.ts'

export function AgentMenu({ user, offline }: { user: User; offline: boolean }) {
  const { t } = useTranslation()
  const agent = useLive((state) => state.agent)
  const calling = useCalls(({ calls }) => calls.some(isLive))
  const setDesired = useSetDesired()
  const signOut = useSignOut()
  const say = useDesiredWords()
  const queueSays = useQueueSays()
  if (!agent) return null
  const { desired, next, inCall, afterCallWork } = agent
  const busy = inCall || afterCallWork !== null
  const shown = inCall
    ? t(`desk.agent.${agent.engine.kind === 'offered' ? 'offered' : 'in-call'}`)
    : afterCallWork
      ? t('desk.agent.after-call-work')
      : say(desired)
  const dot = busy ? (inCall ? s.dotBlue : s.dotAmber) : desired.kind === 'ready' ? null : s.dotGrey
  const act = (key: string) => {
    if (key === 'settings') showPage('settings')
    else if (key === 'sign-out') signOut()
    else if (key === 'ready') setDesired({ kind: 'ready' })
    else {
      const reason = notReadyReasons.find((one) => one === key)
      if (reason) setDesired({ kind: 'not-ready', reason })
    }
  }
  return (
    <MenuTrigger>
      <AriaButton className={cx(s.me)} aria-label={t('desk.agent.menu', { state: shown })}>
        <span className={cx(s.dot, dot)} aria-hidden="true" />
        <span className={cx(s.meWords)}>
          {shown}
          {queueSays ? (
            <span className={cx(s.differs)}>
              {t('desk.agent.differs', { state: t(`desk.agent.${queueSays}`) })}
            </span>
          ) : next ? (
            <span className={cx(s.next)}>{t('desk.agent.afterwards', { state: say(next) })}</span>
          ) : null}
        </span>
        <ChevronDown size={16} aria-hidden="true" />
      </AriaButton>
      <Popover placement="bottom end" className={cx(s.menu)}>
        <Menu
          onAction={(key) => act(String(key))}
          selectionMode="single"
          selectedKeys={[keyOf(next ?? desired)]}
        >
          <MenuSection>
            <Header className={cx(s.menuHead)}>
              {busy
                ? t(inCall ? 'desk.agent.chooseAfterCall' : 'desk.agent.chooseAfterWrapUp')
                : t('desk.agent.choose')}
            </Header>
            <Choice id="ready" dot={null} label={t('desk.agent.ready')} />
            {notReadyReasons.map((reason) => (
              <Choice key={reason} id={reason} dot={s.dotGrey} label={t(`desk.agent.reason.${reason}`)} />
            ))}
          </MenuSection>
          <Separator className={cx(s.menuRule)} />
          <MenuSection selectionMode="none">
            <Header className={cx(s.menuHead)}>{t('desk.agent.signedIn', user)}</Header>
            <Choice id="settings" label={t('desk.agent.settings')} />
            {calling ? (
              <Choice id="sign-out" label={t('desk.agent.signOutAfterCall')} isDisabled />
            ) : (
              <Choice id="sign-out" label={t('desk.agent.signOut')} />
            )}
          </MenuSection>
        </Menu>
        {offline ? <p className={cx(s.menuNote)}>{t('desk.agent.offline')}</p> : null}
      </Popover>
    </MenuTrigger>
  )
}

const keyOf = (desired: DesiredState): string => (desired.kind === 'ready' ? 'ready' : desired.reason)

type ChoiceProps = { id: string; label: string; dot?: string | null | undefined; isDisabled?: boolean }

function Choice({ id, label, dot, isDisabled = false }: ChoiceProps) {
  return (
    <MenuItem id={id} className={cx(s.menuItem)} textValue={label} isDisabled={isDisabled}>
      {({ isSelected }) => (
        <>
          {dot === undefined ? null : <span className={cx(s.dot, dot)} aria-hidden="true" />}
          {label}
          {isSelected ? <Check size={16} aria-hidden="true" /> : null}
        </>
      )}
    </MenuItem>
  )
}
