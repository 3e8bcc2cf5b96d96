import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { defaultSettings } from '#contract/desk.ts'
import { useDesk } from '../../host/desk.tsx'
import { useLive } from '../../host/live-store.ts'
import { openMicrophone, release } from '../../media/microphone.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { useSettled } from '../../ui/use-settled.ts'

/** What keeps callers from hearing the operator, said before calls come. */
export function MicrophoneNotice({ onOpenSettings }: { onOpenSettings: () => void }) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const settings = useQuery(queries.settings).data
  const microphone = useLive((state) => state.truth?.microphone)
  // The page's own voice needs a moment to attach.
  const nobodySpeaks = useSettled(microphone === null, 3000)
  const allow = () => {
    openMicrophone(settings ?? defaultSettings)
      .then(({ stream }) => release(stream))
      // The refusal comes back as the microphone's state.
      .catch(() => undefined)
  }
  const open = (
    <Button size="small" onPress={onOpenSettings}>
      {t('start.idle.micAction')}
    </Button>
  )
  switch (microphone) {
    case 'denied':
      return (
        <Notice alert title={t('start.idle.micDenied')} actions={open}>
          {t('refusals.next.allowMicrophone')}
        </Notice>
      )
    case 'missing':
      return (
        <Notice alert title={t('start.idle.micMissing')} actions={open}>
          {t('refusals.next.connectMicrophone')}
        </Notice>
      )
    case 'prompt':
      return (
        <Notice
          alert
          title={t('start.idle.micPromptTitle')}
          actions={
            <>
              <Button size="small" look="primary" onPress={allow}>
                {t('work.settings.grant')}
              </Button>
              {open}
            </>
          }
        >
          {t('start.idle.micPrompt')}
        </Notice>
      )
    default:
      return nobodySpeaks ? (
        <Notice alert title={t('faults.no-media-end')}>
          {t('refusals.next.voiceWindow')}
        </Notice>
      ) : null
  }
}
