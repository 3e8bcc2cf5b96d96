import { expect, test } from 'vitest'
import { isAboutVoice, nextStepOf } from './next-step.ts'

test('a voice that cannot be had says which hand to move', () => {
  expect(nextStepOf('microphone-denied')).toBe('allowMicrophone')
  expect(nextStepOf('microphone-missing')).toBe('connectMicrophone')
  expect(nextStepOf('no-media-end')).toBe('voiceWindow')
  expect([...(['microphone-denied', 'no-media-end', 'phone-away'] as const)].map(isAboutVoice)).toEqual([
    true,
    true,
    false,
  ])
})

test('what nobody foresaw is tried again', () => {
  expect(nextStepOf('unexpected')).toBe('tryAgain')
})
