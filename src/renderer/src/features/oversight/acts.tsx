import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Label, Radio, RadioGroup } from 'react-aria-components'
import type { AuditAct } from '#contract/desk-oversight.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { it } from '../../i18n/words/oversight.ts'
import { Button } from '../../ui/button.tsx'
import choices from '../../ui/choice.module.css'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import rows from '../../ui/rows.module.css'
import { useFormat } from '../../ui/use-format.ts'
import s from './oversight.module.css'

const whose = ['leaders', 'everybody'] as const
const isWhat = (what: string): what is keyof typeof it.acts.what => Object.hasOwn(it.acts.what, what)
const isDone = (operation: string): operation is keyof typeof it.acts.done =>
  Object.hasOwn(it.acts.done, operation)
const onCommandLine = /^(account|client)\./

/** Who changed what, newest first. */
export function Acts() {
  const { t } = useTranslation()
  const say = useFaultText()
  const { queries } = useDesk()
  const [by, setBy] = useState<(typeof whose)[number]>('leaders')
  const found = useInfiniteQuery(queries.audit(by))
  const acts = found.data?.pages.flat()
  return (
    <>
      <p className={cx(s.none)}>{t('work.oversight.acts.about')}</p>
      <RadioGroup
        className={cx(s.periods)}
        value={by}
        onChange={(value) => setBy(whose.find((one) => one === value) ?? 'leaders')}
        orientation="horizontal"
      >
        <Label className="visually-hidden">{t('work.oversight.acts.whose')}</Label>
        {whose.map((one) => (
          <Radio key={one} value={one} className={cx(choices.choice)}>
            {t(`work.oversight.acts.by.${one}`)}
          </Radio>
        ))}
      </RadioGroup>
      {found.error ? (
        <Notice tone="red" alert>
          {say(toFault(found.error))}
        </Notice>
      ) : !acts ? (
        <Waiting label={t('common.loading')} rows={8} />
      ) : acts.length === 0 ? (
        <p className={cx(s.none)}>{t('work.oversight.acts.none')}</p>
      ) : (
        <ol className={cx(rows.rows)}>
          {acts.map((act) => (
            <Act key={act.id} act={act} />
          ))}
        </ol>
      )}
      {found.hasNextPage ? (
        <div className={cx(s.out)}>
          <Button
            size="small"
            isPending={found.isFetchingNextPage}
            onPress={() => void found.fetchNextPage()}
          >
            {t('work.oversight.acts.more')}
          </Button>
        </div>
      ) : null}
    </>
  )
}

function Act({ act }: { act: AuditAct }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { operation } = act
  const more = act.count - act.changes.length
  const nobody = onCommandLine.test(operation) ? 'commandLine' : 'system'
  return (
    <li>
      <div>
        <b>{isDone(operation) ? t(`work.oversight.acts.done.${operation}`) : operation}</b>
        <p>{act.userName ?? t(`work.oversight.acts.${nobody}`)}</p>
        {act.changes.map((change, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a change is its place in the act
          <Change key={place} change={change} />
        ))}
        {more > 0 ? <p>{t('work.oversight.acts.others', { count: more })}</p> : null}
      </div>
      <div className={cx(s.when)}>
        <span className="n">{format.moment(act.at)}</span>
        <span>{operation}</span>
      </div>
    </li>
  )
}

function Change({ change }: { change: AuditAct['changes'][number] }) {
  const { t } = useTranslation()
  const { what, did, fields, isHidden, purgedAt } = change
  const said = (value: string | null) => value ?? t('work.oversight.acts.nothing')
  const named = isWhat(what) ? t(`work.oversight.acts.what.${what}`) : what
  const fieldText = (field: (typeof fields)[number]) =>
    isHidden
      ? field.name
      : `${field.name}: ${
          did === 'update'
            ? t('work.oversight.acts.value', { before: said(field.before), after: said(field.after) })
            : said(field.after ?? field.before)
        }`
  // Of a citizen's record that is new all fields are, and none of them tells anything.
  const shown = did === 'update' || !isHidden ? fields : []
  return (
    <p className={cx(s.change)}>
      {t('work.oversight.acts.line', { what: named, did: t(`work.oversight.acts.did.${did}`) })}
      {purgedAt ? `, ${t('work.oversight.acts.purged')}` : null}
      {shown.length > 0 ? <span>{shown.map(fieldText).join(' · ')}</span> : null}
    </p>
  )
}
