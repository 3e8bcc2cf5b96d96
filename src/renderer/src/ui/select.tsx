import { Check, ChevronDown } from 'lucide-react'
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components'
import control from './control.module.css'
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
      className={cx(control.stack)}
      selectedKey={value}
      onSelectionChange={(key) => {
        const chosen = options.find(({ id }) => id === key)
        if (chosen) onChange(chosen.id)
      }}
    >
      <Label className={cx(hideLabel ? 'visually-hidden' : control.label)}>{label}</Label>
      <Button className={cx(control.box, s.button)}>
        {trigger ? <span className={cx(s.value)}>{trigger}</span> : <SelectValue className={cx(s.value)} />}
        <ChevronDown size={16} aria-hidden="true" />
      </Button>
      <Popover className={cx(control.popover, s.popover)}>
        <ListBox items={options} className={cx(control.list, s.list)}>
          {({ id, name }) => (
            <ListBoxItem id={id} textValue={name} className={cx(control.item, s.item)}>
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
