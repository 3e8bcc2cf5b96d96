import { useQuery } from '@tanstack/react-query'
import { Check, Circle, CircleAlert, Ellipsis } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  defaultSettings,
  type SelfTest as Result,
  type SelfTestFault,
  type SelfTestStep,
  selfTestSteps,
} from '#contract/desk.ts'
import { useDesk } from '../../host/desk.tsx'
import { browserDevices } from '../../media/audio-devices.ts'
import { ChosenDevices } from '../../media/chosen-devices.ts'
import { hearsVoice } from '../../media/level.ts'
import { MediaFailure, openMicrophone, release } from '../../media/microphone.ts'
import { Ringer } from '../../media/ringer.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import s from './idle.module.css'

const listenMs = 6000
const ringMs = 4500

const icons = {
  open: <Circle size={16} aria-hidden="true" />,
  running: <Ellipsis size={16} aria-hidden="true" />,
  passed: <Check size={16} aria-hidden="true" />,
  failed: <CircleAlert size={16} aria-hidden="true" />,
  skipped: <Circle size={16} aria-hidden="true" />,
} as const

/** Line, microphone, ringer, echo: each named with what to do. Nothing waits for it, and going ready ends it. */
export function SelfTest() {
  const { t } = useTranslation()
  const { connection, desk, queries } = useDesk()
  const settings = useQuery(queries.settings).data ?? defaultSettings
  const [result, setResult] = useState<Result | null>(null)
  const [doing, setDoing] = useState<SelfTestStep | null>(null)
  useEffect(() => {
    const stop = new AbortController()
    connection
      .watch((signal) => desk.selfTest.watch(undefined, { signal }), setResult, stop.signal)
      .catch(() => undefined)
    return () => stop.abort()
  }, [connection, desk])
  if (!result) return null

  const microphone = async (): Promise<SelfTestFault | null> => {
    let stream: MediaStream | null = null
    try {
      const opened = await openMicrophone(settings)
      stream = opened.stream
      if (opened.refused) return 'microphone-refused'
      return (await hearsVoice(stream, listenMs)) ? null : 'microphone-silent'
    } catch (error) {
      return error instanceof MediaFailure && error.fault === 'microphone-denied'
        ? 'microphone-denied'
        : 'microphone-missing'
    } finally {
      release(stream)
    }
  }
  const begin = async () => {
    setDoing('line')
    await desk.selfTest.check({ step: 'line' })
    setDoing('microphone')
    await desk.selfTest.report({ step: 'microphone', why: await microphone() })
    setDoing('ringer')
    const ringer = new Ringer(() => settings, new ChosenDevices(browserDevices, () => settings))
    ringer.start()
    setTimeout(() => ringer.stop(), ringMs)
  }
  const heard = async (passed: boolean) => {
    await desk.selfTest.report({ step: 'ringer', why: passed ? null : 'ringer-unheard' })
    setDoing('echo')
    await desk.selfTest.check({ step: 'echo' })
    setDoing(null)
  }
  const run = (work: Promise<void>) => void work.catch(() => setDoing(null))
  return (
    <section aria-labelledby="self-test" className={cx(s.test)}>
      <h2 className={cx(s.head)} id="self-test">
        {t('start.test.title')}
      </h2>
      <ul className={cx(s.steps)}>
        {selfTestSteps.map((step) => {
          const { state, why } = result[step]
          const shown = doing === step ? 'running' : state
          return (
            <li key={step} className={cx(s.step, s[shown])}>
              {icons[shown]}
              <div>
                <b>{t(`start.test.step.${step}`)}</b>
                <span role="status">
                  {doing === step
                    ? t(`start.test.doing.${step}`)
                    : why
                      ? t(`start.test.why.${why}`)
                      : t(`start.test.state.${shown}`)}
                </span>
              </div>
            </li>
          )
        })}
      </ul>
      {doing === 'ringer' ? (
        <div className={cx(s.reasons)}>
          <Button size="small" look="primary" onPress={() => run(heard(true))}>
            {t('start.test.heard')}
          </Button>
          <Button size="small" onPress={() => run(heard(false))}>
            {t('start.test.unheard')}
          </Button>
        </div>
      ) : (
        <Button size="small" isDisabled={doing !== null} onPress={() => run(begin())}>
          {t(result.line.at === null ? 'start.test.begin' : 'start.test.again')}
        </Button>
      )}
    </section>
  )
}
