import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { LineFinding, LineRecord } from '#contract/domain/line-record.ts'
import { cx } from '../../ui/cx.ts'
import { clock } from '../../ui/format.ts'
import { useLanguage } from '../../ui/use-format.ts'
import s from './line.module.css'
import { pathOf, type Series, seriesOf } from './series.ts'

const width = 640
const height = 44

/** A line played back: who lost what in words, the timeline, and what happened. */
export function Replay({ record }: { record: LineRecord }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const series = useMemo(() => seriesOf(record.samples), [record])
  const begin = record.samples[0]?.at ?? record.events[0]?.at ?? 0
  const { blame, findings } = record.verdict
  const rounded = (value: number) =>
    value.toLocaleString(language === 'it' ? 'it-IT' : 'en-GB', { maximumFractionDigits: value < 10 ? 1 : 0 })
  return (
    <section className={cx(s.replay)} aria-label={t('work.line.page')}>
      <h2>{blame ? t(`work.line.blame.${blame}`) : t('work.line.blame.none')}</h2>
      <p>
        {record.score.mos === null
          ? t('work.line.noScore')
          : t('work.line.score', { mos: rounded(record.score.mos) })}
      </p>
      <ul className={cx(s.findings)}>
        {findings.map((finding) => (
          <li key={`${finding.cause} ${finding.from}`}>
            {t(`work.line.cause.${finding.cause}`, { worst: rounded(finding.worst ?? 0) })}{' '}
            <span className="n">
              {t('work.line.from', { from: clock(finding.from - begin), to: clock(finding.to - begin) })}
            </span>
          </li>
        ))}
      </ul>
      {series.map((one) => (
        <Chart key={one.name} series={one} findings={findings} begin={begin} rounded={rounded} />
      ))}
      <h3>{t('work.line.events')}</h3>
      <table className={cx(s.events)}>
        <thead>
          <tr>
            <th scope="col">{t('work.line.time')}</th>
            <th scope="col">{t('work.line.what')}</th>
          </tr>
        </thead>
        <tbody>
          {record.events.map((event, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a record never changes
            <tr key={at}>
              <td className="n">
                {event.at < begin ? `-${clock(begin - event.at)}` : clock(event.at - begin)}
              </td>
              <td>
                {t(`work.line.kind.${event.kind}`)}: <span lang="en">{event.what}</span>
                {event.headers
                  ? Object.entries(event.headers).map(([name, value]) => (
                      <small key={name} lang="en">
                        {' '}
                        {name}: {value}
                      </small>
                    ))
                  : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Chart({
  series,
  findings,
  begin,
  rounded,
}: {
  series: Series
  findings: readonly LineFinding[]
  begin: number
  rounded: (value: number) => string
}) {
  const { t } = useTranslation()
  const path = pathOf(series, width, height)
  const last = Math.max(1, series.points.at(-1)?.at ?? 1)
  const x = (at: number) => Math.min(width, Math.max(0, ((at - begin) / last) * width))
  const range =
    path === ''
      ? t('work.line.chart.empty')
      : t('work.line.chart.range', { min: rounded(series.min), max: rounded(series.max) })
  return (
    <figure className={cx(s.chart)}>
      <figcaption>
        {t(`work.line.chart.${series.name}`)} <span className="n">{range}</span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {findings.map((finding) => (
          <rect
            key={`${finding.cause} ${finding.from}`}
            x={x(finding.from)}
            y={0}
            width={Math.max(2, x(finding.to) - x(finding.from))}
            height={height}
          />
        ))}
        <path d={path} />
      </svg>
    </figure>
  )
}
