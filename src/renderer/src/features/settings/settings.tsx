import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import {
  Checkbox,
  Label,
  Radio,
  RadioGroup,
  Slider,
  SliderOutput,
  SliderThumb,
  SliderTrack,
} from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import { type Settings as DeskSettings, defaultSettings } from '#contract/desk.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useLive } from '../../host/live-store.ts'
import { hasHid, requestHeadset } from '../../media/headset/browser-hid.ts'
import { openMicrophone, release } from '../../media/microphone.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import headings from '../../ui/heading.module.css'
import { Notice } from '../../ui/notice.tsx'
import { Choice } from '../../ui/select.tsx'
import { type Device, useDevices } from './devices.ts'
import { MicrophoneTest } from './microphone-test.tsx'
import { RingNotification } from './ring-notification.tsx'
import s from './settings.module.css'
import { testRinger, testSpeaker } from './sound-test.ts'

const system = 'system-default'

/** Devices with their tests, language and theme. Every change is saved at once. */
export function Settings() {
  const { t } = useTranslation()
  const say = useFaultText()
  const client = useQueryClient()
  const { desk, queries } = useDesk()
  const stored = useQuery(queries.settings)
  const devices = useDevices()
  const save = useMutation({
    mutationFn: (change: Partial<DeskSettings>) => desk.settings.set(change),
    onMutate: (change) => {
      const before = client.getQueryData(queries.settings.queryKey)
      client.setQueryData(queries.settings.queryKey, { ...(before ?? defaultSettings), ...change })
      return { before }
    },
    onSuccess: (now) => client.setQueryData(queries.settings.queryKey, now),
    onError: (_error, _change, kept) => client.setQueryData(queries.settings.queryKey, kept?.before),
  })
  const settings = stored.data ?? defaultSettings
  const set = (change: Partial<DeskSettings>) => save.mutate(change)
  const allow = () => {
    openMicrophone(settings)
      .then(({ stream }) => release(stream))
      .catch(() => undefined)
      .finally(devices.look)
  }
  const noMicrophone = devices.permission !== 'unknown' && devices.microphones.length === 0
  return (
    <div>
      <h1 className={cx(headings.page)}>{t('work.settings.title')}</h1>
      {save.error ? (
        <Notice tone="red" alert>
          {t('work.settings.failed')} {say(toFault(save.error))}
        </Notice>
      ) : null}
      <section aria-labelledby="voice">
        <h2 className={cx(s.h2)} id="voice">
          {t('work.settings.devices')}
        </h2>
        {devices.permission === 'denied' ? (
          <Notice alert>{t('work.settings.denied')}</Notice>
        ) : devices.permission === 'prompt' ? (
          <Notice
            tone="blue"
            actions={
              <Button size="small" onPress={allow}>
                {t('work.settings.grant')}
              </Button>
            }
          />
        ) : noMicrophone ? (
          <Notice alert>{t('work.settings.missing')}</Notice>
        ) : null}
        <div className={cx(s.row)}>
          <DeviceChoice
            label={t('work.settings.microphone')}
            devices={devices.microphones}
            value={settings.microphoneId}
            onChange={(microphoneId, microphoneLabel) => set({ microphoneId, microphoneLabel })}
          />
          <MicrophoneTest settings={settings} onChecked={devices.look} />
        </div>
        <div className={cx(s.row)}>
          <DeviceChoice
            label={t('work.settings.speaker')}
            devices={devices.speakers}
            value={settings.speakerId}
            onChange={(speakerId, speakerLabel) => set({ speakerId, speakerLabel })}
          />
          <div className={cx(s.test)}>
            <Button size="small" onPress={() => void testSpeaker(settings.speakerId).catch(() => undefined)}>
              {t('work.settings.testSpeaker')}
            </Button>
          </div>
        </div>
        <div className={cx(s.row)}>
          <DeviceChoice
            label={t('work.settings.ringer')}
            devices={devices.speakers}
            value={settings.ringerId}
            onChange={(ringerId, ringerLabel) => set({ ringerId, ringerLabel })}
          />
          <div className={cx(s.test)}>
            <Button size="small" onPress={() => testRinger(settings)}>
              {t('work.settings.testRinger')}
            </Button>
          </div>
        </div>
        <div className={cx(s.switches)}>
          <Toggle
            isSelected={settings.echoCancellation}
            onChange={(echoCancellation) => set({ echoCancellation })}
          >
            {t('work.settings.echoCancellation')}
          </Toggle>
          <Toggle
            isSelected={settings.noiseSuppression}
            onChange={(noiseSuppression) => set({ noiseSuppression })}
          >
            {t('work.settings.noiseSuppression')}
          </Toggle>
          <Toggle
            isSelected={settings.autoGainControl}
            onChange={(autoGainControl) => set({ autoGainControl })}
          >
            {t('work.settings.autoGainControl')}
          </Toggle>
        </div>
        <HeadsetButtons on={settings.headsetButtons} onChange={(headsetButtons) => set({ headsetButtons })} />
        <RingNotification />
        {devices.permission === 'granted' && devices.speakers.length === 0 ? (
          <p className={cx(s.small)}>{t('work.settings.noSpeakers')}</p>
        ) : null}
        <Slider
          className={cx(s.slider)}
          value={Math.round(settings.ringVolume * 100)}
          onChange={(value) =>
            client.setQueryData(queries.settings.queryKey, {
              ...settings,
              ringVolume: (Array.isArray(value) ? (value[0] ?? 70) : value) / 100,
            })
          }
          onChangeEnd={(value) =>
            set({ ringVolume: (Array.isArray(value) ? (value[0] ?? 70) : value) / 100 })
          }
          minValue={0}
          maxValue={100}
          step={5}
        >
          <div className={cx(s.sliderHead)}>
            <Label className={cx(s.label)}>{t('work.settings.volume')}</Label>
            <SliderOutput className="n">{({ state }) => `${state.getThumbValueLabel(0)} %`}</SliderOutput>
          </div>
          <SliderTrack className={cx(s.track)}>
            <SliderThumb className={cx(s.thumb)} />
          </SliderTrack>
        </Slider>
      </section>
      <section aria-labelledby="look">
        <h2 className={cx(s.h2)} id="look">
          {t('work.settings.look')}
        </h2>
        <div className={cx(s.pair)}>
          <Few
            label={t('work.settings.language')}
            value={settings.language}
            options={[
              { id: 'it', name: t('work.settings.languages.it') },
              { id: 'en', name: t('work.settings.languages.en') },
            ]}
            onChange={(language) => set({ language })}
          />
          <Few
            label={t('work.settings.theme')}
            value={settings.theme}
            options={[
              { id: 'system', name: t('work.settings.themes.system') },
              { id: 'light', name: t('work.settings.themes.light') },
              { id: 'dark', name: t('work.settings.themes.dark') },
            ]}
            onChange={(theme) => set({ theme })}
          />
        </div>
      </section>
    </div>
  )
}

function Toggle({
  isSelected,
  onChange,
  children,
}: {
  isSelected: boolean
  onChange: (on: boolean) => void
  children: string
}) {
  return (
    <Checkbox className={cx(s.toggle)} isSelected={isSelected} onChange={onChange}>
      {({ isSelected: on }) => (
        <>
          <span className={cx(s.box)} aria-hidden="true">
            {on ? <Check size={14} /> : null}
          </span>
          {children}
        </>
      )}
    </Checkbox>
  )
}

/** The buttons of a headset: allowed once, by a press, and looked for from then on. */
function HeadsetButtons({ on, onChange }: { on: boolean; onChange: (on: boolean) => void }) {
  const { t } = useTranslation()
  const name = useLive((state) => state.truth?.audio?.headset ?? null)
  if (!hasHid()) return null
  const allow = () => {
    requestHeadset()
      .then((chosen) => {
        if (chosen !== null) onChange(true)
      })
      .catch(() => undefined)
  }
  return (
    <div className={cx(s.row)}>
      <p className={cx(s.small)}>
        {on
          ? name === null
            ? t('work.settings.headsetMissing')
            : t('work.settings.headsetOn', { name })
          : t('work.settings.headsetOff')}
      </p>
      <div className={cx(s.test)}>
        <Button size="small" onPress={allow}>
          {t('work.settings.headsetAllow')}
        </Button>
        {on ? (
          <Button size="small" look="quiet" onPress={() => onChange(false)}>
            {t('work.settings.headsetStop')}
          </Button>
        ) : null}
      </div>
    </div>
  )
}

function DeviceChoice({
  label,
  devices,
  value,
  onChange,
}: {
  label: string
  devices: readonly Device[]
  value: string | null
  onChange: (id: string | null, label: string | null) => void
}) {
  const { t } = useTranslation()
  const options = [
    { id: system, name: t('work.settings.systemDefault') },
    ...devices.map(({ id, label: name }, index) => ({
      id,
      name: name || t('work.settings.unnamed', { n: index + 1 }),
    })),
  ]
  // A chosen device that is unplugged now stays chosen: it may come back.
  if (value !== null && !devices.some(({ id }) => id === value))
    options.push({ id: value, name: t('work.settings.gone') })
  return (
    <Choice
      label={label}
      value={value ?? system}
      onChange={(id) => {
        const chosen = devices.find((device) => device.id === id)
        onChange(id === system ? null : id, chosen?.label || null)
      }}
      options={options}
    />
  )
}

function Few<Id extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: Id
  options: readonly { id: Id; name: string }[]
  onChange: (id: Id) => void
}) {
  return (
    <RadioGroup
      value={value}
      onChange={(chosen) => {
        const next = options.find(({ id }) => id === chosen)
        if (next) onChange(next.id)
      }}
    >
      <Label className={cx(s.label)}>{label}</Label>
      <div className={cx(s.few)}>
        {options.map(({ id, name }) => (
          <Radio key={id} value={id} className={cx(s.option)}>
            {name}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  )
}
