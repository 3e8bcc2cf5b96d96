import { toFault } from '../../host/fault.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { useClosingFault } from './use-words.ts'

/** The CRM did not answer, or refused: nobody tells when it would. */
export function FailedAsking({ error, onAgain }: { error: unknown; onAgain: () => unknown }) {
  const { t } = useTranslation()
  const say = useClosingFault()
  return (
    <Notice
      tone="red"
      alert
      actions={
        <Button size="small" onPress={() => void onAgain()}>
          {t('work.offices.again')}
        </Button>
      }
    >
      {say(toFault(error))}
    </Notice>
  )
}
