import { Check, ChevronDown } from 'lucide-react'
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components'
import { cx } from './cx.ts'
import s from './select.module.css'

/** One of a few, in a list that opens. */
export function Choice<Id extends string>({
  label,
  value,
  onChange,
  options,
  hideLabel = false,
  trigger,
}: {
  label: string
  value: Id | null
  onChange: (id: Id) => void
  options: readonly { id: Id; name: string }[]
  hideLabel?: boolean
  /** Stands on the button in place of what is chosen. */
  trigger?: string
}) {
  return (
    <Select
      className={cx(s.select)}
      selectedKey={value}
      onSelectionChange={(key) => {
        const chosen = options.find(({ id }) => id === key)
        if (chosen) onChange(chosen.id)
      }}
    >
      <Label className={cx(hideLabel ? 'visually-hidden' : s.label)}>{label}</Label>
      <Button className={cx(s.button)}>
        {trigger ? <span className={cx(s.value)}>{trigger}</span> : <SelectValue className={cx(s.value)} />}
        <ChevronDown size={16} aria-hidden="true" />
      </Button>
      <Popover className={cx(s.popover)}>
        <ListBox items={options} className={cx(s.list)}>
          {({ id, name }) => (
            <ListBoxItem id={id} textValue={name} className={cx(s.item)}>
              {({ isSelected }) => (
                <>
                  {name}
                  {isSelected ? <Check size={16} aria-hidden="true" /> : null}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  )
}
