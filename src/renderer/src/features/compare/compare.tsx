import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ShownAlike } from '#contract/desk-citizens.ts'
import { type Citizen, fullName } from '#contract/domain/citizen.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { useFaultText } from '../../ui/fault-text.tsx'
import headings from '../../ui/heading.module.css'
import { Empty, Notice, Waiting } from '../../ui/notice.tsx'
import s from './compare.module.css'
import { Join } from './join.tsx'

type Pair = { citizen: Citizen; other: Citizen }
/** What was settled last, and how to take it back: until something else is settled or the page is left. */
type Settled = { text: string; undo: { name: string; run: () => void } | null }

const pairKey = (citizen: ShownCitizen, one: ShownAlike): string => `${citizen.id} ${one.citizen.id}`

/** Persons who may be one: joined, or said to be two. */
export function Compare({ mayJoin }: { mayJoin: boolean }) {
  const { t } = useTranslation()
  const say = useFaultText()
  const { desk, queries } = useDesk()
  const client = useQueryClient()
  const found = useInfiniteQuery(queries.toCompare)
  const [pair, setPair] = useState<Pair | null>(null)
  const [settled, setSettled] = useState<Settled | null>(null)
  // The command is on its way, and the CRM still lists whom it is about.
  const [gone, setGone] = useState<readonly string[]>([])
  const [fault, setFault] = useState<FaultData | null>(null)
  const done = (keys: readonly string[], what: Settled) => {
    setGone((before) => [...before, ...keys])
    setSettled(what)
    setPair(null)
  }
  const attempt = async (request: () => Promise<unknown>) => {
    setFault(null)
    try {
      await request()
    } catch (error) {
      setFault(toFault(error))
    }
  }
  const separate = (mergedId: string, citizenId: string) =>
    void attempt(async () => {
      await desk.citizens.unmerge({ mergedId })
      setSettled({ text: t('person.compare.undone'), undo: null })
      setGone((before) => before.filter((key) => key !== citizenId))
      await client.invalidateQueries({ queryKey: queries.toCompare.queryKey })
    })
  if (pair)
    return (
      <Join
        {...pair}
        onBack={() => setPair(null)}
        onJoined={(kept, merged) =>
          done([pair.citizen.id], {
            text: t('person.compare.done', { a: fullName(merged), b: fullName(kept) }),
            undo: { name: t('person.compare.undo'), run: () => separate(merged.id, pair.citizen.id) },
          })
        }
      />
    )
  const apart = (citizen: ShownCitizen, others: readonly ShownAlike[]) => {
    const keys = others.length === 0 ? [citizen.id] : others.map((one) => pairKey(citizen, one))
    const back = () => setGone((before) => before.filter((key) => !keys.includes(key)))
    const pair = { citizenId: citizen.id, otherIds: others.map((one) => one.citizen.id) }
    const takeBack = () =>
      void attempt(async () => {
        await desk.citizens.compareAgain(pair)
        back()
        setSettled({ text: t('person.compare.takenBack'), undo: null })
      })
    void attempt(() =>
      desk.citizens.keepApart(pair).catch((error: unknown) => {
        back()
        setSettled(null)
        throw error
      }),
    )
    done(keys, {
      text:
        others[0] === undefined
          ? t('person.compare.apartDone', { name: fullName(citizen) })
          : t('person.compare.apartFor', { a: fullName(citizen), b: fullName(others[0].citizen) }),
      undo: { name: t('person.compare.takeBack'), run: takeBack },
    })
  }
  /** Whom the host shows whole, for whoever may join them. */
  const joinOf = (citizen: Citizen | null, other: Citizen | null) =>
    citizen && other ? () => setPair({ citizen, other }) : null
  const pairs = found.data?.pages.flat().flatMap(({ citizen, alike }) => {
    if (gone.includes(citizen.id)) return []
    const left = alike.filter((one) => !gone.includes(pairKey(citizen, one)))
    return left.length === 0 && alike.length > 0 ? [] : [{ citizen, alike: left }]
  })
  return (
    <>
      <h1 className={cx(headings.page, s.title)}>{t('person.compare.title')}</h1>
      <p className={cx(s.small)}>{t('person.compare.lede')}</p>
      {mayJoin ? null : <p className={cx(s.small)}>{t('person.compare.mayNot')}</p>}
      {settled ? (
        <p className={cx(s.settled)} role="status">
          {settled.text}{' '}
          {settled.undo ? (
            <Button look="link" size="small" onPress={settled.undo.run}>
              {settled.undo.name}
            </Button>
          ) : null}
        </p>
      ) : null}
      <FaultNotice fault={fault} />
      {found.isError ? (
        <Notice
          actions={
            <Button size="small" onPress={() => void found.refetch()}>
              {t('person.compare.again')}
            </Button>
          }
        >
          {say(toFault(found.error))}
        </Notice>
      ) : !pairs ? (
        <Waiting label={t('common.loading')} rows={5} />
      ) : pairs.length === 0 ? (
        <Empty>{t('person.compare.none')}</Empty>
      ) : (
        <ul className={cx(s.rows)}>
          {pairs.map(({ citizen, alike }) => (
            <li key={citizen.id}>
              <b>{fullName(citizen)}</b>
              <Told citizen={citizen} />
              {alike.length === 0 ? (
                <div className={cx(s.row)}>
                  <p>{t('person.compare.alone')}</p>
                  <Button size="small" onPress={() => apart(citizen, [])}>
                    {t('person.compare.isAlone')}
                  </Button>
                </div>
              ) : (
                alike.map((one) => (
                  <Likely
                    key={one.citizen.id}
                    citizen={citizen}
                    one={one}
                    onJoin={mayJoin ? joinOf(citizen.whole, one.citizen.whole) : null}
                    onApart={() => apart(citizen, [one])}
                  />
                ))
              )}
            </li>
          ))}
        </ul>
      )}
      {found.hasNextPage ? (
        <Button size="small" isPending={found.isFetchingNextPage} onPress={() => void found.fetchNextPage()}>
          {t('person.compare.more')}
        </Button>
      ) : null}
    </>
  )
}

function Likely({
  citizen,
  one,
  onJoin,
  onApart,
}: {
  citizen: ShownCitizen
  one: ShownAlike
  onJoin: (() => void) | null
  onApart: () => void
}) {
  const { t } = useTranslation()
  const names = { a: fullName(citizen), b: fullName(one.citizen) }
  return (
    <div className={cx(s.row)}>
      <p>
        {fullName(one.citizen)}:{' '}
        {one.likeness.reasons.map((reason) => t(`person.alike.reason.${reason}`)).join(', ')}
        <Told citizen={one.citizen} />
      </p>
      <div className={cx(s.acts)}>
        {onJoin ? (
          <Button size="small" onPress={onJoin} aria-label={t('person.compare.joinWith', names)}>
            {t('person.compare.join')}
          </Button>
        ) : null}
        <Button size="small" look="quiet" onPress={onApart} aria-label={t('person.compare.apartFor', names)}>
          {t('person.compare.apart')}
        </Button>
      </div>
    </div>
  )
}

/** What tells two apart, as far as anybody may see it: the year of birth, where they live, their numbers and address masked. */
function Told({ citizen: { birthYear, address, phones, email } }: { citizen: ShownCitizen }) {
  const { t } = useTranslation()
  const details = [
    birthYear === null ? null : t('person.search.born', { date: String(birthYear) }),
    address && `${address.street}, ${address.municipality}`,
    ...phones.map(({ number }) => number),
    email,
  ].filter((detail) => detail !== null)
  return (
    <span className={cx(s.told, 'n')}>
      {details.length > 0 ? details.join(' · ') : t('person.compare.nothingTold')}
    </span>
  )
}
