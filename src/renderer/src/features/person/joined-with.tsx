import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { commands } from '#contract/commands/registry.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useLive } from '../../host/live-store.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { useMinute } from '../../ui/now.ts'
import { useFormat } from '../../ui/use-format.ts'
import s from './person.module.css'

/** Who turned out to be this person; taken back by whoever may join. Nothing where nobody was joined, or the CRM is away. */
export function JoinedWith({ citizenId }: { citizenId: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useMinute()
  const { desk, queries } = useDesk()
  const merges = useQuery(queries.merges(citizenId)).data ?? []
  const [undone, setUndone] = useState<readonly string[]>([])
  const [fault, setFault] = useState<FaultData | null>(null)
  const mayUndo = useLive(
    ({ session }) =>
      session?.phase === 'signed-in' &&
      commands['citizen.unmerge'].roles.some((role) => session.user.roles.includes(role)),
  )
  const own = merges.filter(({ keptId }) => keptId === citizenId)
  if (own.length === 0) return null
  const undo = async (id: string, mergedId: string) => {
    setFault(null)
    try {
      await desk.citizens.unmerge({ mergedId })
      setUndone((before) => [...before, id])
    } catch (error) {
      setFault(toFault(error))
    }
  }
  return (
    <section className={cx(s.part)} aria-labelledby="joined-with">
      <h2 className={cx(s.h2)} id="joined-with">
        {t('person.joined.title')}
      </h2>
      <ul className={cx(s.rows)}>
        {own.map(({ id, mergedId, name, at, byName, undoneAt, final }) => (
          <li key={id}>
            <p>{t('person.joined.line', { name, when: format.when(at, now), by: byName })}</p>
            {undoneAt !== null || undone.includes(id) ? (
              <span className={cx(s.small)}>{t('person.joined.undone')}</span>
            ) : mayUndo && !final ? (
              <Button
                look="link"
                size="small"
                aria-label={t('person.joined.undoFor', { name })}
                onPress={() => void undo(id, mergedId)}
              >
                {t('person.joined.undo')}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      <FaultNotice fault={fault} />
    </section>
  )
}
