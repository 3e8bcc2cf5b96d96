import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Settings } from '#contract/desk.ts'
import { openMicrophone, release } from '../../media/microphone.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import s from './settings.module.css'

/** About the loudness of a voice at arm's length: below it the far end would strain to hear. */
const heard = 0.02

/** Louder does not matter any more. */
const full = 0.3
const width = 120

function Level({ level }: { level: number }) {
  const { t } = useTranslation()
  const shown = Math.min(1, level / full)
  return (
    // biome-ignore lint/a11y/useSemanticElements: Chromium draws a <meter> its own way
    <svg
      className={cx(s.meter, level >= heard && s.heard)}
      role="meter"
      aria-label={t('work.settings.level')}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(shown * 100)}
      width={width}
      height={14}
    >
      <rect x={0.5} y={0.5} width={width - 1} height={13} rx={6.5} />
      <rect x={2} y={2} width={Math.round(shown * (width - 4))} height={10} rx={5} />
    </svg>
  )
}

/** Opens the chosen microphone and shows what comes in, until it is stopped. */
export function MicrophoneTest({
  settings,
  onChecked,
}: {
  settings: Settings
  onChecked: (loudest: number) => void
}) {
  const { t } = useTranslation()
  const [running, setRunning] = useState(false)
  const [level, setLevel] = useState(0)
  const [refused, setRefused] = useState(false)
  const loudest = useRef(0)
  const checked = useRef(onChecked)
  checked.current = onChecked
  const latest = useRef(settings)
  latest.current = settings
  const { microphoneId, echoCancellation, noiseSuppression, autoGainControl } = settings
  // biome-ignore lint/correctness/useExhaustiveDependencies: another device, or another way to process it, is opened anew
  useEffect(() => {
    if (!running) return
    let stopped = false
    let stream: MediaStream | null = null
    let timer: ReturnType<typeof setInterval> | undefined
    const context = new AudioContext()
    loudest.current = 0
    openMicrophone(latest.current)
      .then(({ stream: opened, ...found }) => {
        stream = opened
        setRefused(found.refused)
        checked.current(0)
        if (stopped) {
          release(opened)
          return
        }
        const analyser = context.createAnalyser()
        context.createMediaStreamSource(opened).connect(analyser)
        const samples = new Float32Array(analyser.fftSize)
        timer = setInterval(() => {
          analyser.getFloatTimeDomainData(samples)
          const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
          const now = Math.sqrt(power)
          loudest.current = Math.max(loudest.current * 0.98, now)
          if (now >= heard) checked.current(now)
          setLevel(now)
        }, 80)
      })
      .catch(() => {
        checked.current(0)
        setRunning(false)
      })
    return () => {
      stopped = true
      clearInterval(timer)
      release(stream)
      void context.close()
      setLevel(0)
    }
  }, [running, microphoneId, echoCancellation, noiseSuppression, autoGainControl])
  return (
    <div className={cx(s.test)}>
      <Button size="small" onPress={() => setRunning(!running)}>
        {running ? t('work.settings.stopTest') : t('work.settings.testMicrophone')}
      </Button>
      {running ? (
        <>
          <Level level={level} />
          <span className={cx(s.small)} role="status">
            {refused
              ? t('work.settings.levelRefused')
              : loudest.current >= heard
                ? t('work.settings.levelGood')
                : t('work.settings.levelSilent')}
          </span>
        </>
      ) : null}
    </div>
  )
}
