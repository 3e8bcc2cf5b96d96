import { expect, it } from 'vitest'
import { samplesOf, times } from '../../../../../tests/support/line-samples.ts'
import { pathOf, seriesOf } from './series.ts'

it('draws a point a sample, leaves gaps open, and scales to what there is', () => {
  const series = seriesOf(
    samplesOf([...times(3), ...times(2, { level: null }), ...times(3, { packets: 25, lost: 25 })], 5000),
  )
  const heard = series.find(({ name }) => name === 'heard')
  const loss = series.find(({ name }) => name === 'loss')
  expect(heard?.points.map(({ value }) => value)).toEqual([0.05, 0.05, 0.05, null, null, 0.05, 0.05, 0.05])
  expect(loss).toMatchObject({ max: 50, top: 50 })
  expect(heard && pathOf(heard, 700, 20)).toBe(
    'M0.0 15.0L100.0 15.0L200.0 15.0M500.0 15.0L600.0 15.0L700.0 15.0',
  )
})

it('draws nothing of nothing', () => {
  expect(seriesOf([]).every((one) => pathOf(one, 700, 20) === '')).toBe(true)
})
