import { Check, Info, X } from 'lucide-react'
import { Fragment, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { mostServices } from '#contract/domain/appointment.ts'
import { type DocumentReason, documentReasons, eligibleFrom } from '#contract/domain/eligibility.ts'
import type { Office, Service } from '#contract/domain/reference.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Field } from '../../ui/field.tsx'
import { Finder } from '../../ui/finder.tsx'
import { cityDay } from '../../ui/format.ts'
import { Notice } from '../../ui/notice.tsx'
import { useMinute } from '../../ui/now.ts'
import { Choice } from '../../ui/select.tsx'
import { useFormat, useWords } from '../../ui/use-format.ts'
import s from './booking.module.css'
import { isUnread, readDay } from './day.ts'
import { spokenAt } from './near.ts'

/** What the visit is for: its services, who may book them, what to bring. */
export function ChosenServices({
  services,
  all,
  office,
  expiry,
  reason,
  showDocuments,
  instead,
  onExpiry,
  onReason,
  onServices,
  onNotInstead,
}: {
  services: readonly [Service, ...Service[]]
  all: readonly Service[]
  /** Where it is to be. */
  office: Office | null
  expiry: string
  reason: DocumentReason
  /** A place is chosen: now it counts what to bring. */
  showDocuments: boolean
  /** An appointment is given another place, or one that the office cancelled is made up for: its services stay. */
  instead: 'moves' | 'recovers' | null
  onExpiry: (expiry: string) => void
  onReason: (reason: DocumentReason) => void
  onServices: (ids: string[]) => void
  onNotInstead: () => void
}) {
  const { t } = useTranslation()
  const words = useWords()
  const [adding, setAdding] = useState(false)
  const [main] = services
  const ids = services.map(({ id }) => id)
  const minutes = services.reduce((sum, service) => sum + service.durationMinutes, 0)
  const spoken = spokenAt(services, office)
  const others = all.filter(({ id, agenda }) => agenda === main.agenda && !ids.includes(id))
  return (
    <div className={cx(s.service)}>
      <h2 className={cx(s.name)}>
        {instead ? `${t(`work.booking.instead.${instead}`)}: ` : ''}
        {words(main.name)}
      </h2>
      {instead ? (
        <Button look="link" size="small" onPress={onNotInstead}>
          {t(`work.booking.notInstead.${instead}`)}
        </Button>
      ) : (
        <Button look="link" size="small" onPress={() => onServices([])}>
          {t('work.booking.changeService')}
        </Button>
      )}
      {services.map((service) => (
        <Fragment key={service.id}>
          {service === main ? null : (
            <p className={cx(s.also)}>
              <span>+ {words(service.name)}</span>
              {instead ? null : (
                <IconButton
                  label={t('work.booking.without', { service: words(service.name) })}
                  icon={<X size={16} aria-hidden="true" />}
                  onPress={() => onServices(ids.filter((id) => id !== service.id))}
                />
              )}
            </p>
          )}
          <p className={cx(s.says)}>
            <Check size={16} aria-hidden="true" />
            <span>
              {showDocuments ? (
                <>
                  <b>{t('work.booking.documents')}:</b> {words(service.documents)}
                </>
              ) : (
                words(service.eligibility)
              )}
            </span>
          </p>
        </Fragment>
      ))}
      <Conditions
        services={services}
        expiry={expiry}
        reason={reason}
        short={showDocuments}
        onExpiry={onExpiry}
        onReason={onReason}
      />
      <div className={cx(s.visit)}>
        <span className="n">{t('work.booking.minutes', { count: minutes })}</span>
        {spoken.length > 1 ? (
          <span>
            {t('work.booking.spoken', {
              languages: spoken.map((id) => t(`person.language.${id}`)).join(', '),
            })}
          </span>
        ) : null}
        {instead || others.length === 0 || ids.length >= mostServices ? null : adding ? (
          <Finder
            label={t('work.booking.addService')}
            hideLabel
            autoFocus
            placeholder={t('work.booking.addServicePlaceholder')}
            none={t('work.booking.serviceNone')}
            items={others.map((one) => ({
              id: one.id,
              name: words(one.name),
              detail: t('work.booking.minutes', { count: one.durationMinutes }),
              keywords: one.keywords,
            }))}
            onChoose={(id) => {
              setAdding(false)
              onServices([...ids, id])
            }}
          />
        ) : (
          <Button look="link" size="small" onPress={() => setAdding(true)}>
            {t('work.booking.addService')}
          </Button>
        )}
      </div>
    </div>
  )
}

/** Who may book, by what a program can check and by what only the operator can ask. */
function Conditions({
  services,
  expiry,
  reason,
  short,
  onExpiry,
  onReason,
}: {
  services: readonly [Service, ...Service[]]
  expiry: string
  reason: DocumentReason
  /** Only what keeps from booking. */
  short: boolean
  onExpiry: (expiry: string) => void
  onReason: (reason: DocumentReason) => void
}) {
  const { t } = useTranslation()
  const words = useWords()
  const format = useFormat()
  const today = cityDay(useMinute())
  const [typing, setTyping] = useState(false)
  const day = readDay(expiry)
  const rule = services.map((service) => service.rule).find(({ kind }) => kind === 'before-expiry')
  const from = rule ? eligibleFrom(rule, day) : null
  const early = from !== null && today < from
  const unread = rule !== undefined && isUnread(expiry)
  if (short && !early && !unread && !typing) return null
  const said = services
    .flatMap(({ walkIn, channelExceptions }) => [walkIn, channelExceptions])
    .filter((one) => one !== null)
  return (
    <>
      {rule ? (
        <div className={cx(s.expiry)}>
          <div className={cx(s.document)}>
            <Field
              label={t('work.booking.expiry')}
              placeholder={t('work.booking.expiryPlaceholder')}
              value={expiry}
              maxLength={10}
              inputMode="numeric"
              onChange={onExpiry}
              onFocusChange={setTyping}
              error={unread && (!typing || expiry.length === 10) ? t('work.booking.expiryUnread') : null}
            />
            {early || reason !== 'renewal' ? (
              <Choice
                label={t('work.booking.reason')}
                value={reason}
                onChange={onReason}
                options={documentReasons.map((id) => ({ id, name: t(`work.booking.reasons.${id}`) }))}
              />
            ) : null}
          </div>
          {from === null || reason !== 'renewal' ? null : early ? (
            <Notice>{t('work.booking.notYet', { date: format.dateLong(from) })}</Notice>
          ) : (
            <p className={cx(s.may)}>
              <Check size={16} aria-hidden="true" />{' '}
              {t('work.booking.mayNow', { date: format.dateLong(from) })}
            </p>
          )}
        </div>
      ) : null}
      {[...new Map(short ? [] : said.map((one) => [one.it, one])).values()].map((one) => (
        <p key={one.it} className={cx(s.aside)}>
          <Info size={15} aria-hidden="true" /> {words(one)}
        </p>
      ))}
    </>
  )
}
