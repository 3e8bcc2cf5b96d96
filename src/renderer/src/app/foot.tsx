import { List, PanelRight, Pause, PhoneMissed, Search } from 'lucide-react'
import { Button as AriaButton } from 'react-aria-components'
import type { Work } from '#contract/desk.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import { useMissed } from '../features/calls/seen.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { Kbd } from '../ui/kbd.tsx'
import { useMinute } from '../ui/now.ts'
import { toldKey } from '../ui/told-key.ts'
import { useFormat } from '../ui/use-format.ts'
import s from './frame.module.css'
import type { Scene } from './scene.ts'
import { showPage, useView } from './use-scene.ts'

const shownWork = 2

export function Foot({ unfinished, scene }: { unfinished: readonly Work[]; scene: Scene }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useMinute()
  const missed = useMissed()
  const overlay = useView((state) => state.overlay)
  const busy = scene.kind === 'talking' || scene.kind === 'ringing'
  return (
    <footer className={cx(s.foot)} role="contentinfo" aria-label={t('desk.region.foot')}>
      <div className={cx(s.footLeft)} tabIndex={-1} data-pane>
        <AriaButton
          className={cx(s.wait, missed > 0 && s.missed)}
          ref={toldKey('callList')}
          onPress={() => showPage('calls')}
        >
          {missed > 0 ? <PhoneMissed size={15} aria-hidden="true" /> : <List size={15} aria-hidden="true" />}
          <b className="n">{missed > 0 ? t('calls.list.missed', { count: missed }) : t('calls.list.open')}</b>
          <Kbd id="callList" />
        </AriaButton>
        <span>{unfinished.length > 0 ? t('desk.foot.unfinished') : t('desk.foot.none')}</span>
        {unfinished.slice(0, shownWork).map((work, index) => {
          const who = work.remote.number ? formatNumber(work.remote.number) : t('common.withheldNumber')
          const when = format.when(work.startedAt, now)
          return (
            <AriaButton
              key={work.contactId}
              className={cx(s.wait)}
              isDisabled={busy}
              aria-label={t('desk.foot.open', { who, when })}
              {...(index === 0 ? { ref: toldKey('unfinished') } : {})}
              onPress={() => useView.setState({ opened: work.contactId, page: null, tab: 'note' })}
            >
              <Pause size={15} aria-hidden="true" />
              <b className="n">{who}</b>
              <span className="n">{when}</span>
              {index === 0 ? <Kbd id="unfinished" /> : null}
            </AriaButton>
          )
        })}
        {unfinished.length > shownWork ? <span className="n">+{unfinished.length - shownWork}</span> : null}
      </div>
      <div className={cx(s.footRight)} tabIndex={-1} data-pane>
        <Button
          className={cx(s.sheetOpener)}
          size="small"
          icon={<PanelRight size={16} aria-hidden="true" />}
          aria-expanded={overlay}
          onPress={() => useView.setState({ overlay: !overlay })}
        >
          {t('desk.region.sheet')}
        </Button>
        <AriaButton
          className={cx(s.command)}
          ref={toldKey('commands')}
          onPress={() => useView.setState({ dialog: 'commands' })}
        >
          <Search size={16} aria-hidden="true" />
          {t('desk.foot.commands')}
          <Kbd id="commands" />
        </AriaButton>
        <AriaButton
          className={cx(s.command, s.keys)}
          ref={toldKey('keyList')}
          onPress={() => useView.setState({ dialog: 'keys' })}
        >
          {t('desk.foot.keys')}
          <Kbd id="keyList" />
        </AriaButton>
      </div>
    </footer>
  )
}
