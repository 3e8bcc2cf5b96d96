import { useState } from 'react'
import { Label, Radio, RadioGroup } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import { type Address, type Citizen, fullName } from '#contract/domain/citizen.ts'
import { joinCitizens, type SingleDetail, sameDetail, singleDetails } from '#contract/domain/citizen-join.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { Button } from '../../ui/button.tsx'
import choices from '../../ui/choice.module.css'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import headings from '../../ui/heading.module.css'
import { useFormat } from '../../ui/use-format.ts'
import s from './compare.module.css'

/** Which of two is kept, field by field, with what comes of it before it is done. */
export function Join({
  citizen,
  other,
  onBack,
  onJoined,
}: {
  citizen: Citizen
  other: Citizen
  onBack: () => void
  onJoined: (kept: Citizen, merged: Citizen) => void
}) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const inWords = useDetail()
  // Who is in the directory longer stays, unless somebody says otherwise.
  const [swapped, setSwapped] = useState(false)
  const [take, setTake] = useState<readonly SingleDetail[]>([])
  const [sending, setSending] = useState(false)
  const [fault, setFault] = useState<FaultData | null>(null)
  const [kept, merged] = swapped ? [citizen, other] : [other, citizen]
  const made = joinCitizens(kept, merged, take)
  const differ = singleDetails.filter(
    (detail) => merged[detail] !== null && kept[detail] !== null && !sameDetail(kept[detail], merged[detail]),
  )
  const swap = () => {
    setSwapped(!swapped)
    setTake(differ.filter((detail) => !take.includes(detail)))
  }
  const join = async () => {
    setSending(true)
    setFault(null)
    try {
      await desk.citizens.merge({
        ...{ keptId: kept.id, mergedId: merged.id, take: [...take] },
        seen: { kept: seenOf(kept), merged: seenOf(merged) },
      })
      onJoined(kept, merged)
    } catch (error) {
      setFault(toFault(error))
      setSending(false)
    }
  }
  return (
    <section aria-labelledby="join">
      <h1 className={cx(headings.page, s.title)} id="join">
        {t('person.compare.joinWith', { a: fullName(kept), b: fullName(merged) })}
      </h1>
      <div className={cx(s.acts)}>
        <span>
          {t('person.compare.keeps', { name: fullName(kept) })},{' '}
          {t('person.compare.comes', { name: fullName(merged) })}
        </span>
        <Button look="link" size="small" onPress={swap}>
          {t('person.compare.swap')}
        </Button>
      </div>
      <div className={cx(s.fields)}>
        {singleDetails.map((detail) =>
          differ.includes(detail) ? (
            <RadioGroup
              key={detail}
              className={cx(s.field)}
              value={take.includes(detail) ? 'merged' : 'kept'}
              onChange={(value) =>
                setTake(value === 'merged' ? [...take, detail] : take.filter((one) => one !== detail))
              }
            >
              <Label>{t(`person.compare.detail.${detail}`)}</Label>
              <Radio value="kept" className={cx(choices.choice)}>
                {inWords(kept, detail)}
              </Radio>
              <Radio value="merged" className={cx(choices.choice)}>
                {inWords(merged, detail)}
              </Radio>
            </RadioGroup>
          ) : (
            <div key={detail} className={cx(s.field)}>
              <span>{t(`person.compare.detail.${detail}`)}</span>
              <span>{inWords(made, detail) ?? t('person.compare.missing')}</span>
              <span className={cx(s.small)}>
                {sameDetail(kept[detail], merged[detail]) && kept[detail] !== null
                  ? t('person.compare.same')
                  : null}
              </span>
            </div>
          ),
        )}
      </div>
      <section className={cx(s.preview)} aria-labelledby="preview">
        <h2 id="preview">{t('person.compare.preview')}</h2>
        <p>
          <b>{fullName(made)}</b>
          {singleDetails
            .filter((detail) => detail !== 'givenName' && detail !== 'familyName')
            .flatMap((detail) => inWords(made, detail) ?? [])
            .map((text) => `, ${text}`)}
        </p>
        <p className="n">
          {t('person.compare.numbers')}:{' '}
          {made.phones.map(({ number }) => formatNumber(number)).join(', ') || '–'}
        </p>
        {made.otherEmails.length + made.otherAddresses.length > 0 ? (
          <p>
            {t('person.compare.also')}:{' '}
            {[...made.otherEmails, ...made.otherAddresses.map(addressInWords)].join('; ')}
          </p>
        ) : null}
        <p className={cx(s.small)}>{t('person.compare.moves')}</p>
      </section>
      <FaultNotice fault={fault} />
      <div className={cx(s.acts)}>
        <Button look="primary" isPending={sending} onPress={() => void join()}>
          {t('person.compare.do')}
        </Button>
        <Button look="quiet" onPress={onBack}>
          {t('person.compare.back')}
        </Button>
      </div>
    </section>
  )
}

const addressInWords = ({ street, municipality }: Address): string => `${street}, ${municipality}`

type Singles = Pick<Citizen, SingleDetail>

/** Everything that is joined, as it was read. */
const seenOf = (citizen: Citizen): Singles & Pick<Citizen, 'phones'> => ({
  givenName: citizen.givenName,
  familyName: citizen.familyName,
  birthDate: citizen.birthDate,
  fiscalCode: citizen.fiscalCode,
  language: citizen.language,
  email: citizen.email,
  address: citizen.address,
  phones: citizen.phones,
})

/** A detail as people read it; null where it is not known. */
function useDetail(): (of: Singles, detail: SingleDetail) => string | null {
  const { t } = useTranslation()
  const format = useFormat()
  return (of, detail) => {
    switch (detail) {
      case 'birthDate':
        return of.birthDate === null ? null : format.dateLong(of.birthDate)
      case 'language':
        return t(`person.language.${of.language}`)
      case 'address':
        return of.address === null ? null : addressInWords(of.address)
      default:
        return of[detail]
    }
  }
}
