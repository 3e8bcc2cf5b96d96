import type { ReactNode } from 'react'
import {
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
  TextField,
  type TextFieldProps,
} from 'react-aria-components'
import control from './control.module.css'
import { cx } from './cx.ts'
import s from './field.module.css'

export function Field({
  label,
  hint,
  error,
  placeholder,
  className,
  rows,
  hideLabel = false,
  ...props
}: Omit<TextFieldProps, 'className' | 'children' | 'style'> & {
  label: string
  hint?: ReactNode
  error?: string | null
  placeholder?: string
  className?: string | undefined
  /** A text of several lines. */
  rows?: number
  hideLabel?: boolean
}) {
  return (
    <TextField {...props} className={cx(control.stack, className)} isInvalid={Boolean(error)}>
      <Label className={cx(hideLabel ? 'visually-hidden' : control.label)}>{label}</Label>
      {rows ? (
        <TextArea className={cx(control.box, s.area)} rows={rows} {...(placeholder ? { placeholder } : {})} />
      ) : (
        <Input className={cx(control.box)} {...(placeholder ? { placeholder } : {})} />
      )}
      {hint ? (
        <Text slot="description" className={cx(s.hint)}>
          {hint}
        </Text>
      ) : null}
      <FieldError className={cx(s.error)}>{error}</FieldError>
    </TextField>
  )
}
