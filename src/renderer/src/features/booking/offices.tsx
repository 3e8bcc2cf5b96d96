import { Radio, RadioGroup } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import { cx } from '../../ui/cx.ts'
import { Choice } from '../../ui/select.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './booking.module.css'
import type { OfficeOffer } from './week.ts'

const shown = 3

type Props = {
  offers: readonly OfficeOffer[]
  selected: string | null
  onSelect: (officeId: string) => void
}

/** Three offices to choose from at once; the chosen one is always among them. */
export function Offices({ offers, selected, onSelect }: Props) {
  const { t } = useTranslation()
  const format = useFormat()
  const first = offers.slice(0, shown)
  const own = offers.find(({ office }) => office.id === selected)
  const near = own && !first.includes(own) ? [...first.slice(0, shown - 1), own] : first
  return (
    <RadioGroup
      className={cx(s.offices)}
      aria-label={t('work.booking.office')}
      value={selected}
      onChange={onSelect}
      orientation="horizontal"
    >
      {near.map(({ office, firstAt }) => (
        <Radio key={office.id} value={office.id} className={cx(s.office)}>
          <b>{office.name}</b>
          <span className="n">
            {firstAt
              ? t('work.booking.officeFrom', { municipio: office.municipio, day: format.dayMonth(firstAt) })
              : t('work.booking.officeNone')}
          </span>
        </Radio>
      ))}
    </RadioGroup>
  )
}

/** All offices of the service, by what they have this week. */
export function OtherOffices({ offers, selected, onSelect }: Props) {
  const { t } = useTranslation()
  const format = useFormat()
  if (offers.length <= shown) return null
  const words = ({ free, firstAt }: OfficeOffer) =>
    firstAt
      ? t('work.booking.officeFree', { count: free, day: format.shortDay(firstAt) })
      : t('work.booking.officeNone')
  return (
    <div className={cx(s.more)}>
      <Choice
        label={t('work.booking.offices')}
        hideLabel
        trigger={t('work.booking.otherOffices', { count: offers.length - shown })}
        value={selected}
        onChange={onSelect}
        options={offers.map((offer) => ({
          id: offer.office.id,
          name: `${offer.office.name}, ${t('work.booking.officeMunicipio', {
            municipio: offer.office.municipio,
          })}: ${words(offer)}`,
        }))}
      />
    </div>
  )
}
