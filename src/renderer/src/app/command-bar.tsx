import { useQuery } from '@tanstack/react-query'
import {
  ArrowRight,
  CalendarDays,
  CirclePause,
  CirclePlay,
  Cog,
  Eye,
  FileText,
  Grid3x3,
  Inbox,
  Keyboard,
  List,
  LogOut,
  NotebookPen,
  Phone,
  Search,
  Signal,
  SquareLibrary,
  Users,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { Autocomplete, Header, Input, Menu, MenuItem, MenuSection, TextField } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import { notReadyReasons, type User } from '#contract/domain/agent.ts'
import type { Call } from '#contract/domain/call.ts'
import { pairOf } from '#contract/domain/call-machine.ts'
import { mayAsk } from '#contract/rights.ts'
import { numberIn, targetsIn } from '../features/calls/target.ts'
import { useCalls } from '../host/call-store.ts'
import { useDesk } from '../host/desk.tsx'
import { toFault } from '../host/fault.ts'
import { cx } from '../ui/cx.ts'
import { useFaultText } from '../ui/fault-text.tsx'
import { Caps, Kbd } from '../ui/kbd.tsx'
import type { KeyId } from '../ui/keys.ts'
import { searchIn } from '../ui/search.ts'
import { useLanguage, useWords } from '../ui/use-format.ts'
import { useTypedProtocol } from '../ui/use-typed-protocol.ts'
import s from './dialog.module.css'
import { closeDialog, PageDialog } from './page-dialog.tsx'
import { useSignOut } from './sign-out.tsx'
import { useCallVerbs } from './use-call-verbs.ts'
import { openPanel, type Page, showTab, showTicket, useView } from './use-scene.ts'
import { useSetDesired } from './use-set-desired.ts'

type Command = { id: string; name: string; icon: ReactNode; shortcut?: KeyId; run: () => void }

const icon = (Icon: typeof Phone) => <Icon size={18} aria-hidden="true" />

/** Everything by name: a verb, a card, a number to call. */
export function CommandBar({
  user,
  onPage,
  call,
}: {
  user: User
  onPage: (page: Page) => void
  /** What is spoken on. */
  call: Call | null
}) {
  const { t } = useTranslation()
  return (
    <PageDialog name="commands" label={t('work.commands.title')}>
      <Inside user={user} onPage={onPage} call={call} />
    </PageDialog>
  )
}

function useCommands(user: User, onPage: (page: Page) => void, call: Call | null): Command[] {
  const { t } = useTranslation()
  const setDesired = useSetDesired()
  const signOut = useSignOut()
  const verbs = useCallVerbs(call)
  const talking = call !== null && (call.state === 'active' || call.state === 'held') && !verbs.spectator
  const alone = useCalls(({ calls }) => call === null || pairOf(calls, call.id) === null)
  return [
    ...(talking && alone
      ? [
          {
            id: 'transfer',
            name: t('calls.commands.transfer'),
            icon: icon(ArrowRight),
            shortcut: 'transfer' as const,
            run: () => openPanel('transfer', call.id),
          },
          {
            id: 'keypad',
            name: t('calls.keypad.title'),
            icon: icon(Grid3x3),
            shortcut: 'keypad' as const,
            run: () => openPanel('keypad', call.id),
          },
        ]
      : []),
    {
      id: 'note',
      name: t('desk.sheet.note'),
      icon: icon(NotebookPen),
      shortcut: 'sheetNote',
      run: () => showTab('note'),
    },
    {
      id: 'booking',
      name: t('desk.sheet.booking'),
      icon: icon(CalendarDays),
      shortcut: 'sheetBooking',
      run: () => showTab('booking'),
    },
    {
      id: 'request',
      name: t('desk.sheet.request'),
      icon: icon(FileText),
      shortcut: 'sheetRequest',
      run: () => showTab('request'),
    },
    {
      id: 'cards',
      name: t('desk.sheet.cards'),
      icon: icon(SquareLibrary),
      shortcut: 'sheetCards',
      run: () => showTab('cards'),
    },
    {
      id: 'calls',
      name: t('calls.list.title'),
      icon: icon(List),
      shortcut: 'callList',
      run: () => onPage('calls'),
    },
    ...(verbs.cannotDial
      ? []
      : [{ id: 'redial', name: t('calls.list.redial'), icon: icon(Phone), run: () => void verbs.redial() }]),
    {
      id: 'ready',
      name: t('work.commands.ready'),
      icon: icon(CirclePlay),
      run: () => setDesired({ kind: 'ready' }),
    },
    ...notReadyReasons.map((reason) => ({
      id: `pause-${reason}`,
      name: t('work.commands.pause', { reason: t(`desk.agent.reason.${reason}`) }),
      icon: icon(CirclePause),
      run: () => setDesired({ kind: 'not-ready' as const, reason }),
    })),
    {
      id: 'tickets',
      name: t('work.commands.openTickets'),
      icon: icon(FileText),
      run: () => onPage('tickets'),
    },
    {
      id: 'compare',
      name: t('person.compare.title'),
      icon: icon(Users),
      run: () => onPage('compare'),
    },
    {
      id: 'outbox',
      name: t('work.commands.openOutbox'),
      icon: icon(Inbox),
      run: () => onPage('outbox'),
    },
    {
      id: 'line',
      name: t('work.line.page'),
      icon: icon(Signal),
      run: () => onPage('line'),
    },
    ...(mayAsk(user, 'citizens.reads')
      ? [
          {
            id: 'oversight',
            name: t('work.commands.openOversight'),
            icon: icon(Eye),
            run: () => onPage('oversight'),
          },
        ]
      : []),
    {
      id: 'settings',
      name: t('work.commands.openSettings'),
      icon: icon(Cog),
      run: () => onPage('settings'),
    },
    {
      id: 'keys',
      name: t('keys.title'),
      icon: icon(Keyboard),
      shortcut: 'keyList',
      run: () => useView.setState({ dialog: 'keys' }),
    },
    {
      id: 'sign-out',
      name: t('work.commands.signOut'),
      icon: icon(LogOut),
      run: signOut,
    },
  ]
}

type InsideProps = { user: User; onPage: (page: Page) => void; call: Call | null }

function Inside({ user, onPage, call }: InsideProps) {
  const { t } = useTranslation()
  const words = useWords()
  const say = useFaultText()
  const language = useLanguage()
  const { queries } = useDesk()
  const [text, setText] = useState('')
  const reference = useQuery(queries.reference)
  const teams = useQuery(queries.directory)
  const commands = useCommands(user, onPage, call)
  const verbs = useCallVerbs(call)
  const doing = searchIn(commands, text, ({ name }) => [name, ''])
  const typed = numberIn(text)
  const protocol = useTypedProtocol(text)
  const asked = useQuery({ ...queries.byProtocol(protocol ?? ''), enabled: protocol !== null })
  if (typed.kind === 'number' && verbs.mayDial(typed.to)) {
    doing.unshift({
      id: 'dial',
      name: t('work.commands.dial', { number: typed.shown }),
      icon: icon(Phone),
      run: () => void verbs.dial(typed.to),
    })
  }
  if (protocol !== null && asked.data?.ticket) {
    const { id } = asked.data.ticket
    doing.unshift({
      id: 'ticket',
      name: t('work.commands.openTicket', { protocol }),
      icon: icon(FileText),
      run: () => showTicket(id),
    })
  }
  if (text.trim() !== '' && typed.kind !== 'invalid') {
    const handsOn = commands.some(({ id }) => id === 'transfer')
    for (const target of targetsIn(text, teams.data ?? [], language).slice(0, 4)) {
      if (call && handsOn)
        doing.push({
          id: `transfer-${target.id}`,
          name: t('calls.commands.transferTo', { to: target.name }),
          icon: icon(ArrowRight),
          run: () => openPanel('transfer', call.id, target.name),
        })
      else if (!target.number && !verbs.cannotDial)
        doing.push({
          id: `call-${target.id}`,
          name: t('calls.commands.callTeam', { to: target.name }),
          icon: icon(Phone),
          run: () => void verbs.dial(target.to),
        })
    }
  }
  const cards =
    text.trim() === ''
      ? []
      : searchIn(reference.data?.articles ?? [], text, (article) => [words(article.title), article.keywords])
          .slice(0, 6)
          .map((article) => ({
            id: `card-${article.id}`,
            name: words(article.title),
            icon: icon(SquareLibrary),
            run: () => {
              useView.setState({ articleId: article.id })
              showTab('cards')
            },
          }))
  const withoutTicket = asked.isError
    ? say(toFault(asked.error))
    : asked.data
      ? t(asked.data.complete ? 'person.search.protocolNone' : 'person.search.protocolNoneAway', {
          protocol: protocol ?? '',
        })
      : t('common.loading')
  const all: Command[] = [...doing, ...cards]
  return (
    <Autocomplete inputValue={text} onInputChange={setText} disableVirtualFocus={false}>
      <TextField className={cx(s.input)} aria-label={t('work.commands.input')} autoFocus>
        <Search size={20} aria-hidden="true" />
        <Input placeholder={t('work.commands.input')} />
      </TextField>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls can be reached by keyboard (WCAG 2.1.1) */}
      <section className={cx(s.list)} tabIndex={0} aria-label={t('work.commands.title')}>
        <Menu
          className={cx(s.menu)}
          aria-label={t('work.commands.title')}
          onAction={(key) => {
            const command = all.find(({ id }) => id === key)
            closeDialog()
            command?.run()
          }}
          renderEmptyState={() => (
            <p className={cx(s.none)}>
              {protocol !== null
                ? withoutTicket
                : typed.kind === 'invalid'
                  ? t('calls.commands.invalid')
                  : t('work.commands.none')}
            </p>
          )}
        >
          {doing.length > 0 ? (
            <MenuSection id="doing">
              <Header className={cx(s.head)}>{t('work.commands.doing')}</Header>
              {doing.map((command) => (
                <Row key={command.id} command={command} />
              ))}
            </MenuSection>
          ) : null}
          {cards.length > 0 ? (
            <MenuSection id="cards">
              <Header className={cx(s.head)}>{t('work.commands.cards')}</Header>
              {cards.map((command) => (
                <Row key={command.id} command={command} />
              ))}
            </MenuSection>
          ) : null}
        </Menu>
      </section>
      <div className={cx(s.end)} aria-hidden="true">
        <span>
          <Caps chord={{ key: '↑' }} />
          <Caps chord={{ key: '↓' }} /> {t('work.commands.choose')}
        </span>
        <span>
          <Caps chord={{ key: 'Enter' }} /> {t('work.commands.go')}
        </span>
        <span>
          <Caps chord={{ key: 'Escape' }} /> {t('work.commands.leave')}
        </span>
      </div>
    </Autocomplete>
  )
}

function Row({ command }: { command: Command }) {
  return (
    <MenuItem id={command.id} className={cx(s.row)} textValue={command.name}>
      {command.icon}
      <span>{command.name}</span>
      {command.shortcut ? <Kbd id={command.shortcut} /> : <span />}
    </MenuItem>
  )
}
