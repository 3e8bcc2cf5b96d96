import { X } from 'lucide-react'
import { Heading } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { Kbd } from '../ui/kbd.tsx'
import { type KeyGroup, keyIds, keys } from '../ui/keys.ts'
import s from './dialog.module.css'
import { closeDialog, PageDialog } from './page-dialog.tsx'

const groups: readonly KeyGroup[] = ['general', 'ring', 'call', 'consult', 'sheet', 'wrapUp']

/** All keys, from the table that makes them work. */
export function KeyList() {
  const { t } = useTranslation()
  return (
    <PageDialog name="keys" className={cx(s.keyList)}>
      <div className={cx(s.titleRow)}>
        <Heading slot="title" className={cx(s.title)}>
          {t('keys.title')}
        </Heading>
        <IconButton
          label={t('common.close')}
          icon={<X size={18} aria-hidden="true" />}
          onPress={closeDialog}
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls can be reached by keyboard (WCAG 2.1.1) */}
      <section className={cx(s.groups)} aria-label={t('keys.title')} tabIndex={0}>
        {groups.map((group) => (
          <section key={group} aria-labelledby={`keys-${group}`}>
            <h3 className={cx(s.h3)} id={`keys-${group}`}>
              {t(`keys.group.${group}`)}
            </h3>
            <ul>
              {keyIds
                .filter((id) => keys[id].group === group)
                .map((id) => (
                  <li key={id}>
                    {t(`keys.name.${id}`)}
                    <Kbd id={id} />
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </section>
    </PageDialog>
  )
}
