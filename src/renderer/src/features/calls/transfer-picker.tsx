import { useQuery } from '@tanstack/react-query'
import { ArrowRight, Hash, MessagesSquare, Users } from 'lucide-react'
import { type KeyboardEvent, useId, useState } from 'react'
import { useDesk } from '../../host/desk.tsx'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Caps, Kbd } from '../../ui/kbd.tsx'
import { Waiting } from '../../ui/notice.tsx'
import { useShortcut } from '../../ui/shortcuts.ts'
import { useLanguage } from '../../ui/use-format.ts'
import s from './calls.module.css'
import { numberIn, type Target, targetsIn } from './target.ts'

const enter = { key: 'Enter' } as const

/**
 * Whom to hand the call to, by name or number. Enter speaks with them first, Ctrl and Enter hands on at once: the way that can be undone is
 * the one that is easier to press.
 */
export function TransferPicker({
  initial,
  onConsult,
  onBlind,
}: {
  initial: string
  onConsult: (to: string) => void
  onBlind: (to: string) => void
}) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { queries } = useDesk()
  const teams = useQuery(queries.directory)
  const [text, setText] = useState(initial)
  const [chosen, setChosen] = useState<string | null>(null)
  const list = useId()
  const found = targetsIn(text, teams.data ?? [], language)
  const invalid = numberIn(text).kind === 'invalid'
  const at = Math.max(
    0,
    found.findIndex(({ id }) => id === chosen),
  )
  const target: Target | undefined = found[at]

  // Without a target it does nothing, rather than confirm what stands in the sheet.
  useShortcut('confirm', () => {
    if (target) onBlind(target.to)
  })

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const next = found[(at + (event.key === 'ArrowDown' ? 1 : found.length - 1)) % found.length]
      if (next) {
        setChosen(next.id)
        document.getElementById(`${list}-${next.id}`)?.scrollIntoView({ block: 'nearest' })
      }
    } else if (event.key === 'Enter' && !event.repeat && !event.altKey && target) {
      event.preventDefault()
      onConsult(target.to)
    }
  }

  return (
    <div className={cx(s.picker)}>
      <input
        className={cx(s.input)}
        role="combobox"
        aria-label={t('calls.transfer.to')}
        aria-expanded="true"
        aria-controls={list}
        aria-autocomplete="list"
        aria-invalid={invalid || undefined}
        aria-describedby={`${list}-about`}
        {...(target ? { 'aria-activedescendant': `${list}-${target.id}` } : {})}
        placeholder={t('calls.transfer.to')}
        value={text}
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
        // biome-ignore lint/a11y/noAutofocus: the operator has just asked for this field
        autoFocus
        onChange={(event) => {
          setText(event.target.value)
          setChosen(null)
        }}
        onKeyDown={onKeyDown}
      />
      <div id={list} role="listbox" aria-label={t('calls.transfer.list')} className={cx(s.targets)}>
        {found.map((one) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the arrows in the field choose
          <div
            key={one.id}
            id={`${list}-${one.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={one.id === target?.id}
            className={cx(s.target, one.id === target?.id && s.targetChosen)}
            onClick={() => setChosen(one.id)}
          >
            {one.number ? <Hash size={16} aria-hidden="true" /> : <Users size={16} aria-hidden="true" />}
            <b className={one.number ? 'n' : ''}>{one.name}</b>
            <span>{one.number ? t('calls.transfer.number') : t('calls.transfer.teams')}</span>
          </div>
        ))}
      </div>
      {teams.isPending ? <Waiting label={t('calls.transfer.loading')} rows={3} /> : null}
      <p
        id={`${list}-about`}
        className={cx(invalid ? s.wrong : s.about)}
        role={invalid ? 'alert' : undefined}
      >
        {invalid
          ? t('calls.transfer.invalid')
          : teams.isError
            ? t('calls.transfer.failed')
            : found.length > 0 || teams.isPending
              ? t('calls.transfer.goesAlong')
              : teams.data?.length === 0
                ? t('calls.transfer.empty')
                : t('calls.transfer.none')}
      </p>
      <div className={cx(s.pickerActions)}>
        <Button
          look="primary"
          icon={<MessagesSquare size={16} aria-hidden="true" />}
          isDisabled={!target}
          onPress={() => target && onConsult(target.to)}
        >
          {t('calls.transfer.consult')} <Caps chord={enter} />
        </Button>
        <Button
          icon={<ArrowRight size={16} aria-hidden="true" />}
          isDisabled={!target}
          onPress={() => target && onBlind(target.to)}
        >
          {t('calls.transfer.blind')} <Kbd id="confirm" />
        </Button>
      </div>
    </div>
  )
}
