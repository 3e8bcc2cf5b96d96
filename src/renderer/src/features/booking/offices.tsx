import { Radio, RadioGroup } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import { cx } from '../../ui/cx.ts'
import { Choice } from '../../ui/select.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './booking.module.css'
import type { OfficeOffer } from './week.ts'

const shown = 3

/** Three offices to choose from at once, all others in a list. */
export function Offices({
  offers,
  selected,
  onSelect,
}: {
  offers: readonly OfficeOffer[]
  selected: string | null
  onSelect: (officeId: string) => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const first = offers.slice(0, shown)
  const own = offers.find(({ office }) => office.id === selected)
  const near = own && !first.includes(own) ? [...first.slice(0, shown - 1), own] : first
  const words = ({ free, firstAt }: OfficeOffer) =>
    firstAt
      ? t('work.booking.officeFree', { count: free, day: format.shortDay(firstAt) })
      : t('work.booking.officeNone')
  return (
    <div className={cx(s.officeRow)}>
      <RadioGroup
        className={cx(s.offices)}
        aria-label={t('work.booking.office')}
        value={selected}
        onChange={onSelect}
        orientation="horizontal"
      >
        {near.map((offer) => (
          <Radio key={offer.office.id} value={offer.office.id} className={cx(s.office)}>
            <b>{offer.office.name}</b>
            <span className="n">{words(offer)}</span>
          </Radio>
        ))}
      </RadioGroup>
      {offers.length > near.length ? (
        <div className={cx(s.more)}>
          <Choice
            label={t('work.booking.offices')}
            hideLabel
            trigger={t('work.booking.otherOffices', { count: offers.length - near.length })}
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
      ) : null}
    </div>
  )
}
