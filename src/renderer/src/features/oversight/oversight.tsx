import type { ReactNode } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { sessionStore } from '../../host/session-store.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import choices from '../../ui/choice.module.css'
import { cx } from '../../ui/cx.ts'
import headings from '../../ui/heading.module.css'
import { Acts } from './acts.tsx'
import { Devices } from './devices.tsx'
import s from './oversight.module.css'
import { type PersonFinder, Persons } from './persons.tsx'
import { Retention } from './retention.tsx'
import { Statistics } from './statistics.tsx'

const parts = ['persons', 'offices', 'devices', 'statistics', 'retention', 'acts', 'accounts'] as const

/** A call that rings turns the page; who comes back is where they were. */
const usePart = sessionStore<{ part: string }>(() => ({ part: 'persons' }))

/** What those who lead the service may see: who looked at whom, offices that close, the desks, the counts, what goes when, who changed what, who may sign in. The CRM decides who they are. */
export function Oversight({
  mayHold,
  mayAudit,
  search,
  offices,
  accounts,
}: {
  mayHold: boolean
  mayAudit: boolean
  search: PersonFinder
  offices: ReactNode
  /** Null for whom they do not concern. */
  accounts: ReactNode | null
}) {
  const { t } = useTranslation()
  const part = usePart((state) => state.part)
  return (
    <>
      <h1 className={cx(headings.page, s.title)}>{t('work.oversight.title')}</h1>
      <Tabs
        className={cx(s.all)}
        selectedKey={part}
        onSelectionChange={(key) => usePart.setState({ part: String(key) })}
      >
        <TabList aria-label={t('work.oversight.title')} className={cx(s.parts)}>
          {parts
            .filter((one) => (one !== 'acts' || mayAudit) && (one !== 'accounts' || accounts !== null))
            .map((one) => (
              <Tab key={one} id={one} className={cx(choices.choice)}>
                {t(`work.oversight.part.${one}`)}
              </Tab>
            ))}
        </TabList>
        <TabPanel id="persons">
          <Persons mayHold={mayHold} search={search} />
        </TabPanel>
        <TabPanel id="offices">{offices}</TabPanel>
        <TabPanel id="devices">
          <Devices />
        </TabPanel>
        <TabPanel id="statistics">
          <Statistics />
        </TabPanel>
        <TabPanel id="retention">
          <Retention />
        </TabPanel>
        {mayAudit ? (
          <TabPanel id="acts">
            <Acts />
          </TabPanel>
        ) : null}
        {accounts === null ? null : <TabPanel id="accounts">{accounts}</TabPanel>}
      </Tabs>
    </>
  )
}
