import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Session } from '#contract/desk.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import type { KeyId } from '../../ui/keys.ts'
import { Notice } from '../../ui/notice.tsx'
import s from './sign-in.module.css'

const usefulKeys: readonly KeyId[] = [
  'answer',
  'mute',
  'hangUp',
  'sheetNote',
  'sheetBooking',
  'sheetRequest',
  'sheetCards',
  'commands',
  'keyList',
]

/** Before anybody is signed in: one action, and words for what went wrong. */
export function SignIn({ session, connecting }: { session: Session | null; connecting: boolean }) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const say = useFaultText()
  const [going, setGoing] = useState<'no' | 'asking' | 'browser'>('no')
  const [failed, setFailed] = useState<FaultData | null>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])

  const begin = async () => {
    setGoing('asking')
    setFailed(null)
    try {
      const { startUrl } = await desk.session.begin()
      if (startUrl) window.location.assign(startUrl)
      else setGoing('browser')
    } catch (error) {
      setFailed(toFault(error))
      setGoing('no')
    }
  }
  const fault = failed ?? (session?.phase === 'signed-out' ? session.fault : null)
  return (
    <main className={cx(s.page)}>
      <div className={cx(s.column)}>
        <h1 ref={heading} tabIndex={-1}>
          {t('start.signIn.title')}
        </h1>
        <p className={cx(s.lede)}>{t('start.signIn.body')}</p>
        {fault && going === 'no' ? (
          <Notice tone="red" alert>
            {say(fault)} {fault.code === 'crm-away' ? t('start.signIn.crmAway') : null}
          </Notice>
        ) : null}
        <p role="status" className={cx(s.status)}>
          {connecting
            ? t('common.boot')
            : session?.phase === 'signing-in'
              ? t('start.signIn.signingIn')
              : going === 'asking'
                ? t('start.signIn.going')
                : going === 'browser'
                  ? t('start.signIn.inBrowser')
                  : ''}
        </p>
        {connecting ? null : (
          <Button
            look="primary"
            size="large"
            onPress={() => void begin()}
            isPending={going === 'asking'}
            autoFocus
          >
            {going === 'browser' || session?.phase === 'signing-in'
              ? t('start.signIn.again')
              : t('start.signIn.action')}
          </Button>
        )}
      </div>
      <aside className={cx(s.aside)}>
        <h2>{t('start.signIn.learn')}</h2>
        <ul>
          {usefulKeys.map((id) => (
            <li key={id}>
              {t(`keys.name.${id}`)}
              <Kbd id={id} />
            </li>
          ))}
        </ul>
      </aside>
    </main>
  )
}
