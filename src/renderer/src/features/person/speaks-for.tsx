import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Delegation, type DelegationKind, delegationKinds, fullName } from '#contract/domain/citizen.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { Field } from '../../ui/field.tsx'
import { cityDay } from '../../ui/format.ts'
import { Choice } from '../../ui/select.tsx'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import { parseUntil } from './birth-date.ts'
import s from './person.module.css'
import { Results } from './person-search.tsx'

/** For whom else a person may call, and by what right. */
export function SpeaksFor({ citizen }: { citizen: ShownCitizen }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { desk } = useDesk()
  const [adding, setAdding] = useState(false)
  const [fault, setFault] = useState<FaultData | null>(null)
  const today = cityDay(Date.now())
  const attempt = async (request: () => Promise<unknown>) => {
    setFault(null)
    try {
      await request()
      setAdding(false)
    } catch (error) {
      setFault(toFault(error))
    }
  }
  const line = ({ kind, until }: Delegation) =>
    [
      t(`person.delegation.${kind}`),
      ...(until ? [t('person.speaksFor.until', { date: format.dateLong(until) })] : []),
    ].join(', ')
  return (
    <section className={cx(s.part)} aria-labelledby="speaks-for">
      <h2 className={cx(s.h2)} id="speaks-for">
        {t('person.speaksFor.title')}
      </h2>
      {citizen.delegations.length === 0 ? (
        <p className={cx(s.small)}>{t('person.speaksFor.none')}</p>
      ) : (
        <ul className={cx(s.rows)}>
          {citizen.delegations.map((one) => (
            <li key={one.citizenId}>
              <div>
                <b>{one.name}</b>
                <p>{line(one)}</p>
              </div>
              <div className={cx(s.bar)}>
                {one.until !== null && one.until < today ? (
                  <Tag tone="amber">{t('person.speaksFor.over')}</Tag>
                ) : null}
                <Button
                  look="link"
                  size="small"
                  aria-label={t('person.speaksFor.endFor', { name: one.name })}
                  onPress={() =>
                    void attempt(() =>
                      desk.citizens.endDelegation({ citizenId: citizen.id, forId: one.citizenId }),
                    )
                  }
                >
                  {t('person.speaksFor.end')}
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      <FaultNotice fault={fault} />
      {adding ? (
        <NewDelegation
          citizen={citizen}
          onCancel={() => setAdding(false)}
          onAdd={(delegation) =>
            void attempt(() => desk.citizens.delegate({ citizenId: citizen.id, ...delegation }))
          }
        />
      ) : (
        <Button look="link" size="small" onPress={() => setAdding(true)}>
          {t('person.speaksFor.add')}
        </Button>
      )}
    </section>
  )
}

function NewDelegation({
  citizen,
  onAdd,
  onCancel,
}: {
  citizen: ShownCitizen
  onAdd: (delegation: { forId: string; kind: DelegationKind; until: string | null }) => void
  onCancel: () => void
}) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [other, setOther] = useState<ShownCitizen | null>(null)
  const [kind, setKind] = useState<DelegationKind>('relative')
  const [until, setUntil] = useState('')
  const [tried, setTried] = useState(false)
  const day = parseUntil(until, cityDay(Date.now()))
  const bad = until.trim() !== '' && day === null
  if (!other)
    return (
      <div className={cx(s.adding)}>
        <Field label={t('person.speaksFor.find')} value={text} onChange={setText} maxLength={120} autoFocus />
        <Results text={text} without={citizen.id} onFound={(_, found) => setOther(found)} />
        <Button look="quiet" size="small" onPress={onCancel}>
          {t('common.back')}
        </Button>
      </div>
    )
  return (
    <div className={cx(s.adding, s.form)}>
      <Choice
        label={t('person.speaksFor.kind')}
        value={kind}
        onChange={setKind}
        options={delegationKinds.map((id) => ({ id, name: t(`person.delegation.${id}`) }))}
      />
      <Field
        label={t('person.speaksFor.untilLabel')}
        hint={t('person.search.birthHint')}
        value={until}
        onChange={setUntil}
        maxLength={10}
        inputMode="numeric"
        autoFocus
        error={tried && bad ? t('person.speaksFor.untilBad') : null}
      />
      <div className={cx(s.whole, s.bar)}>
        <Button
          onPress={() => {
            setTried(true)
            if (!bad) onAdd({ forId: other.id, kind, until: day })
          }}
        >
          {t('person.speaksFor.save', { name: fullName(other) })}
        </Button>
        <Button look="quiet" onPress={() => setOther(null)}>
          {t('common.back')}
        </Button>
      </div>
    </div>
  )
}
