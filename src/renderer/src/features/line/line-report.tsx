import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useLines } from '../../host/line-store.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Notice } from '../../ui/notice.tsx'
import { useShortcut } from '../../ui/shortcuts.ts'
import { isBad } from './words.ts'

/** After a call whose line was bad: whose fault it was, and one key that writes down what happened. */
export function LineReport({ callId, onOpen }: { callId: string; onOpen: () => void }) {
  const { t } = useTranslation()
  const say = useFaultText()
  const client = useQueryClient()
  const { desk, queries } = useDesk()
  const view = useLines((state) => state.lines[callId])
  const keep = useMutation({
    mutationFn: () => desk.line.keep({ callId }),
    onSuccess: () => {
      announce(t('work.line.keptShort'))
      void client.invalidateQueries({ queryKey: queries.lineRecords.queryKey })
    },
  })
  const bad = view?.ended === true && isBad(view)
  const save = () => {
    if (!keep.isPending && !keep.isSuccess) keep.mutate()
  }
  useShortcut('lineReport', save, bad)
  if (!bad) return null
  return (
    <Notice
      title={t('work.line.bad')}
      actions={
        keep.isSuccess ? (
          <Button size="small" onPress={onOpen}>
            {t('work.line.open')}
          </Button>
        ) : (
          <Button size="small" shortcut="lineReport" onPress={save} isPending={keep.isPending}>
            {t('work.line.keep')}
          </Button>
        )
      }
    >
      {view.verdict.blame ? t(`work.line.blame.${view.verdict.blame}`) : null}
      {keep.data ? <p>{t('work.line.kept', { path: keep.data.path })}</p> : null}
      {keep.error ? <p role="alert">{say(toFault(keep.error))}</p> : null}
    </Notice>
  )
}
