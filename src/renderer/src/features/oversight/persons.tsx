import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { CitizenRead, LegalHold } from '#contract/crm-audit.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { download } from '../../ui/download.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { Field } from '../../ui/field.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { useFormat, useLanguage } from '../../ui/use-format.ts'
import s from './oversight.module.css'

/** Draws the search for a person. */
export type PersonFinder = (onFound: (citizenId: string) => void) => ReactNode

/** Who looked at a person, and whether what the city knows of them must stay. */
export function Persons({ mayHold, search }: { mayHold: boolean; search: PersonFinder }) {
  const { t } = useTranslation()
  const [citizenId, setCitizenId] = useState<string | null>(null)
  if (citizenId)
    return (
      <OnePerson key={citizenId} citizenId={citizenId} mayHold={mayHold} onOther={() => setCitizenId(null)} />
    )
  return (
    <>
      <p className={cx(s.none)}>{t('work.oversight.choose')}</p>
      {search(setCitizenId)}
    </>
  )
}

function OnePerson({
  citizenId,
  mayHold,
  onOther,
}: {
  citizenId: string
  mayHold: boolean
  onOther: () => void
}) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { desk, queries } = useDesk()
  const { data, error } = useQuery(queries.oversightPerson(citizenId))
  const [fault, setFault] = useState<FaultData | null>(null)
  const failed = error ? toFault(error) : fault
  const report = async () => {
    setFault(null)
    try {
      const { text } = await desk.oversight.report({ citizenId, language })
      download(`${t('work.oversight.reportName')}.csv`, new Blob([text], { type: 'text/csv' }))
    } catch (refused) {
      setFault(toFault(refused))
    }
  }
  return (
    <section className={cx(s.person)} aria-labelledby="who-looked">
      <div className={cx(s.bar)}>
        <h2 id="who-looked">
          {data?.name ? t('work.oversight.whoLooked', { name: data.name }) : t('work.oversight.part.persons')}
        </h2>
        <div className={cx(s.tags)}>
          <Button
            size="small"
            icon={<Download size={15} aria-hidden="true" />}
            isDisabled={!data}
            onPress={() => void report()}
          >
            {t('work.oversight.report')}
          </Button>
          <Button size="small" look="quiet" onPress={onOther}>
            {t('work.oversight.other')}
          </Button>
        </div>
      </div>
      <FaultNotice fault={failed} />
      {data ? (
        <>
          <Hold citizenId={citizenId} hold={data.hold} mayHold={mayHold} />
          <Reads reads={data.reads} />
        </>
      ) : error ? null : (
        <Waiting label={t('common.loading')} rows={4} />
      )}
    </section>
  )
}

function Reads({ reads }: { reads: readonly CitizenRead[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (reads.length === 0) return <p className={cx(s.none)}>{t('work.oversight.nobody')}</p>
  return (
    <table className={cx(s.table)}>
      <thead>
        <tr>
          <th>{t('work.oversight.when')}</th>
          <th>{t('work.oversight.who')}</th>
          <th>{t('work.oversight.why')}</th>
          <th>{t('work.oversight.where')}</th>
        </tr>
      </thead>
      <tbody>
        {reads.map(({ at, userName, reason, reasonKnown, from }) => (
          <tr key={`${at} ${userName} ${reason.kind}`}>
            <td className="n">{format.moment(at)}</td>
            <td>{userName}</td>
            <td>
              {t(`work.oversight.reason.${reason.kind}`)}
              {reasonKnown ? null : ` (${t('work.oversight.reasonUnknown')})`}
            </td>
            <td>{t(`work.oversight.from.${from}`)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** A person on hold keeps all that is known, past every term of retention. */
function Hold({ citizenId, hold, mayHold }: { citizenId: string; hold: LegalHold | null; mayHold: boolean }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { desk } = useDesk()
  const client = useQueryClient()
  const [reason, setReason] = useState<string | null>(null)
  const [ending, setEnding] = useState(false)
  const [going, setGoing] = useState(false)
  const [fault, setFault] = useState<FaultData | null>(null)
  const ask = async (request: () => Promise<unknown>) => {
    setGoing(true)
    setFault(null)
    try {
      await request()
      setReason(null)
      setEnding(false)
      await client.invalidateQueries({ queryKey: ['oversight'] })
    } catch (error) {
      setFault(toFault(error))
    }
    setGoing(false)
  }
  const refused = <FaultNotice fault={fault} />
  if (hold) {
    return (
      <>
        <Notice
          tone="blue"
          title={t('work.oversight.hold.on')}
          actions={
            mayHold && !ending ? (
              <Button size="small" onPress={() => setEnding(true)}>
                {t('work.oversight.hold.end')}
              </Button>
            ) : null
          }
        >
          {t('work.oversight.hold.since', { when: format.moment(hold.setAt), who: hold.setBy })} {hold.reason}
        </Notice>
        {ending ? (
          <Notice
            alert
            title={t('work.oversight.hold.endAsk')}
            actions={
              <>
                <Button
                  size="small"
                  isPending={going}
                  onPress={() => void ask(() => desk.oversight.endHold({ citizenId }))}
                >
                  {t('work.oversight.hold.endDo')}
                </Button>
                <Button size="small" look="quiet" autoFocus onPress={() => setEnding(false)}>
                  {t('work.oversight.leave')}
                </Button>
              </>
            }
          >
            {t('work.oversight.hold.endMore')}
          </Notice>
        ) : null}
        {refused}
      </>
    )
  }
  if (!mayHold) return null
  if (reason === null) {
    return (
      <p className={cx(s.out)}>
        <Button size="small" look="quiet" onPress={() => setReason('')}>
          {t('work.oversight.hold.offer')}
        </Button>
      </p>
    )
  }
  return (
    <form
      className={cx(s.form)}
      onSubmit={(event) => {
        event.preventDefault()
        if (reason.trim() !== '') void ask(() => desk.oversight.setHold({ citizenId, reason }))
      }}
    >
      <Field
        label={t('work.oversight.hold.reason')}
        hint={t('work.oversight.hold.hint')}
        value={reason}
        onChange={setReason}
        maxLength={500}
        autoFocus
      />
      {refused}
      <div className={cx(s.out)}>
        <Button type="submit" size="small" look="primary" isDisabled={reason.trim() === ''} isPending={going}>
          {t('work.oversight.hold.set')}
        </Button>
        <Button size="small" look="quiet" onPress={() => setReason(null)}>
          {t('work.oversight.leave')}
        </Button>
      </div>
    </form>
  )
}
