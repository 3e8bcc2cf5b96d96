import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

/**
 * While it rings, one silent notification of the browser's draws the eye to a window without the focus, where that is allowed: in a shell
 * that announces calls itself no page is. It names nobody, for others may see it, and takes the focus only when it is pressed. It goes when
 * the window is looked at, and comes when one turns to another while it still rings.
 */
export function useRingNotification(rings: boolean): void {
  const { t } = useTranslation()
  useEffect(() => {
    if (!rings) return
    let shown: Notification | null = null
    const show = () => {
      if (shown || !('Notification' in window) || Notification.permission !== 'granted') return
      // Of several windows of this desk the last one's stays.
      shown = new Notification(t('desk.ring.title'), {
        body: t('desk.ring.open'),
        silent: true,
        tag: 'ring',
      })
      shown.onclick = () => window.focus()
    }
    const close = () => {
      shown?.close()
      shown = null
    }
    if (!document.hasFocus()) show()
    window.addEventListener('blur', show)
    window.addEventListener('focus', close)
    return () => {
      window.removeEventListener('blur', show)
      window.removeEventListener('focus', close)
      close()
    }
  }, [rings, t])
}
