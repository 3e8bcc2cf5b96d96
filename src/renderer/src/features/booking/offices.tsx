import { Radio, RadioGroup } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import { cx } from '../../ui/cx.ts'
import { Choice } from '../../ui/select.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './booking.module.css'
import type { NearOffice } from './near.ts'

const shown = 3

type Props = {
  near: readonly NearOffice[]
  selected: string | null
  onSelect: (officeId: string) => void
}

/** Three offices to choose from at once, the nearest ones; the chosen one is always among them. */
export function Offices({ near, selected, onSelect }: Props) {
  const { t } = useTranslation()
  const where = useWhere()
  const first = near.slice(0, shown)
  const own = near.find(({ office }) => office.id === selected)
  const offered = own && !first.includes(own) ? [...first.slice(0, shown - 1), own] : first
  return (
    <RadioGroup
      className={cx(s.offices)}
      aria-label={t('work.booking.office')}
      value={selected}
      onChange={onSelect}
      orientation="horizontal"
    >
      {offered.map((one) => (
        <Radio key={one.office.id} value={one.office.id} className={cx(s.office)}>
          <b>{one.office.name}</b>
          <span className="n">{where(one)}</span>
        </Radio>
      ))}
    </RadioGroup>
  )
}

/** All offices of the service, the nearest first. */
export function OtherOffices({ near, selected, onSelect }: Props) {
  const { t } = useTranslation()
  const where = useWhere()
  if (near.length <= shown) return null
  return (
    <div className={cx(s.more)}>
      <Choice
        label={t('work.booking.offices')}
        hideLabel
        trigger={t('work.booking.otherOffices', { count: near.length - shown })}
        value={selected}
        onChange={onSelect}
        options={near.map((one) => ({ id: one.office.id, name: `${one.office.name}, ${where(one)}` }))}
      />
    </div>
  )
}

/** Offices of one district only. */
export function OfMunicipio({
  municipi,
  selected,
  onSelect,
}: {
  municipi: readonly number[]
  selected: number | null
  onSelect: (municipio: number | null) => void
}) {
  const { t } = useTranslation()
  if (municipi.length < 2) return null
  const name = (municipio: number) => t('work.booking.officeMunicipio', { municipio })
  return (
    <div className={cx(s.more)}>
      <Choice
        label={t('work.booking.municipio')}
        hideLabel
        value={String(selected ?? every)}
        onChange={(id) => onSelect(id === every ? null : Number(id))}
        options={[
          { id: every, name: t('work.booking.everyMunicipio') },
          ...municipi.map((municipio) => ({ id: String(municipio), name: name(municipio) })),
        ]}
      />
    </div>
  )
}

const every = 'every'

function useWhere(): (one: NearOffice) => string {
  const { t } = useTranslation()
  const format = useFormat()
  return ({ office, km }) => {
    const municipio = t('work.booking.officeMunicipio', { municipio: office.municipio })
    return km === null ? municipio : t('work.booking.officeAway', { municipio, km: format.kilometres(km) })
  }
}
