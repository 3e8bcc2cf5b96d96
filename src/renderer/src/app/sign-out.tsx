import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Heading } from 'react-aria-components'
import { isLive } from '#contract/domain/call.ts'
import { attempt } from '../host/attempt.ts'
import { useCalls } from '../host/call-store.ts'
import { useDesk } from '../host/desk.tsx'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import s from './dialog.module.css'
import { closeDialog, PageDialog } from './page-dialog.tsx'
import { useView } from './use-scene.ts'

/** Signs out; with conversations that are not closed it asks first. During a call the host refuses. */
export function useSignOut(): () => void {
  const { desk, queries } = useDesk()
  const client = useQueryClient()
  return () => {
    const calling = useCalls.getState().calls.some(isLive)
    const open = client.getQueryData(queries.work.queryKey)?.length ?? 0
    if (!calling && open > 0) useView.setState({ dialog: 'sign-out' })
    else void attempt('signOut', () => desk.session.signOut())
  }
}

/** How many conversations are left open by signing out, not whose: their notes are on this desk alone. */
export function SignOutQuestion() {
  const { t } = useTranslation()
  const { desk, queries } = useDesk()
  const count = useQuery(queries.work).data?.length ?? 0
  return (
    <PageDialog name="sign-out" describedBy="open-conversations">
      <div className={cx(s.titleRow)}>
        <Heading slot="title" className={cx(s.title)}>
          {t('desk.agent.leaving.title')}
        </Heading>
      </div>
      <p className={cx(s.question)} id="open-conversations">
        {t('desk.agent.leaving.open', { count })}
      </p>
      <div className={cx(s.ways)}>
        <Button onPress={closeDialog} autoFocus>
          {t('desk.agent.leaving.stay')}
        </Button>
        <Button
          look="danger"
          onPress={() => {
            closeDialog()
            void attempt('signOut', () => desk.session.signOut())
          }}
        >
          {t('desk.agent.leaving.leave')}
        </Button>
      </div>
    </PageDialog>
  )
}
