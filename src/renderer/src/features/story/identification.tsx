import { Check, ShieldQuestion, Users } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import type { Work } from '#contract/desk.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import { type IdentificationMethod, identificationMethods, identifies } from '#contract/domain/contact.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import { useDraft } from '../../host/desk.tsx'
import { useIdentify } from '../../host/use-identify.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useShortcut } from '../../ui/shortcuts.ts'
import { Tag } from '../../ui/tag.tsx'
import s from './story.module.css'

/** A number is a hint: how the operator knows who speaks is chosen here, and only then protected data can be shown. */
export function Identification({
  citizen,
  work,
  others,
  onOther,
  onEdit,
}: {
  citizen: ShownCitizen
  work: Work | null
  others: number
  onOther: () => void
  onEdit: (work: Work, citizen: Citizen) => void
}) {
  const { t } = useTranslation()
  const draft = useDraft(work)
  const identify = useIdentify(work)
  const [open, setOpen] = useState(false)
  const [shown, setShown] = useState(false)
  const method = draft?.draft.identification ?? 'none'
  const identified = identifies(method)
  const whole = identified ? citizen.whole : null
  useShortcut('identify', () => setOpen(true), work !== null)
  const choose = (next: IdentificationMethod) => {
    if (!identifies(next)) setShown(false)
    identify({ citizenId: citizen.id, identification: next, choice: 'person' })
  }
  return (
    <>
      <div className={cx(s.ident)}>
        {method === 'none' ? (
          <Tag icon={<ShieldQuestion aria-hidden="true" />}>{t('person.story.unverified')}</Tag>
        ) : (
          <>
            <Tag tone={identified ? 'green' : 'plain'} icon={<Check aria-hidden="true" />}>
              {identified ? t('person.story.verified') : t('person.story.unverified')}
            </Tag>
            <span>{t('person.story.with', { method: t(`person.story.method.${method}`) })}</span>
          </>
        )}
        {work ? (
          <MenuTrigger isOpen={open} onOpenChange={setOpen}>
            <Button look="link" size="small" shortcut="identify">
              {method === 'none' ? t('person.story.verify') : t('common.change')}
            </Button>
            <Popover placement="bottom start" className={cx(s.menu)}>
              <Menu
                aria-label={t('person.story.how')}
                selectionMode="single"
                selectedKeys={[method]}
                onAction={(key) => {
                  const next = identificationMethods.find((one) => one === key)
                  if (next) choose(next)
                }}
              >
                {identificationMethods.map((one) => (
                  <MenuItem
                    key={one}
                    id={one}
                    className={cx(s.menuItem)}
                    textValue={t(`person.story.method.${one}`)}
                  >
                    {t(`person.story.method.${one}`)}
                  </MenuItem>
                ))}
              </Menu>
            </Popover>
          </MenuTrigger>
        ) : null}
        {others > 0 ? (
          <Others count={others} onChoose={onOther} />
        ) : (
          <Button look="link" size="small" onPress={onOther}>
            {t('person.story.notThis')}
          </Button>
        )}
        {whole ? (
          <Button look="link" size="small" onPress={() => setShown(!shown)} aria-expanded={shown}>
            {shown ? t('person.story.hideProtected') : t('person.story.showProtected')}
          </Button>
        ) : null}
        {whole && work ? (
          <Button look="link" size="small" onPress={() => onEdit(work, whole)}>
            {t('person.edit.open')}
          </Button>
        ) : null}
      </div>
      {whole && shown ? (
        <dl className={cx(s.protected)}>
          <div>
            <dt>{t('person.story.fiscalCode')}</dt>
            <dd className="n">{whole.fiscalCode ?? '–'}</dd>
          </div>
          <div>
            <dt>{t('person.story.email')}</dt>
            <dd>{[whole.email, ...whole.otherEmails].filter(Boolean).join(', ') || '–'}</dd>
          </div>
          <div>
            <dt>{t('person.story.phones')}</dt>
            <dd className="n">{whole.phones.map(({ number }) => formatNumber(number)).join(', ') || '–'}</dd>
          </div>
        </dl>
      ) : null}
    </>
  )
}

/** The number is more persons' than the one who is shown. It stands where "not this person" would, so that nothing moves when the CRM says so. */
function Others({ count, onChoose }: { count: number; onChoose: () => void }) {
  const { t } = useTranslation()
  const words = t('person.story.others', { count })
  useShortcut('others', onChoose)
  useEffect(() => announce(words), [words])
  return (
    <Button
      look="link"
      size="small"
      shortcut="others"
      className={cx(s.others)}
      icon={<Users size={15} aria-hidden="true" />}
      onPress={onChoose}
    >
      {words}
    </Button>
  )
}
