import { useState } from 'react'
import { ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from 'react-aria-components'
import control from './control.module.css'
import { cx } from './cx.ts'
import s from './finder.module.css'
import { searchIn } from './search.ts'

export type Findable = { id: string; name: string; detail?: string | null; keywords?: string }

/** One of many, by typing a few letters of any of its words. */
export function Finder({
  label,
  hideLabel = false,
  placeholder,
  items,
  none,
  autoFocus = false,
  onChoose,
}: {
  label: string
  hideLabel?: boolean
  placeholder: string
  items: readonly Findable[]
  /** Said when nothing fits. */
  none: string
  autoFocus?: boolean
  onChoose: (id: string) => void
}) {
  const [text, setText] = useState('')
  const found = searchIn(items, text, ({ name, detail, keywords }) => [
    name,
    `${detail ?? ''} ${keywords ?? ''}`,
  ])
  return (
    <ComboBox
      className={cx(control.stack)}
      inputValue={text}
      onInputChange={setText}
      selectedKey={null}
      onSelectionChange={(key) => {
        if (key !== null) onChoose(String(key))
      }}
      items={found}
      menuTrigger="focus"
      allowsEmptyCollection
      autoFocus={autoFocus}
    >
      <Label className={cx(hideLabel ? 'visually-hidden' : control.label)}>{label}</Label>
      <Input className={cx(control.box)} placeholder={placeholder} />
      <Popover className={cx(control.popover, s.popover)} offset={4}>
        <ListBox
          className={cx(control.list, s.list)}
          renderEmptyState={() => <p className={cx(s.none)}>{none}</p>}
        >
          {({ id, name, detail }: Findable) => (
            <ListBoxItem id={id} textValue={name} className={cx(control.item, s.item)}>
              <b>{name}</b>
              {detail ? <span>{detail}</span> : null}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  )
}
