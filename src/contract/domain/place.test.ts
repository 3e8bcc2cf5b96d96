import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Coordinates, distanceKm, municipioCentre } from './place.ts'

const duomo = { lat: 45.46417, lon: 9.19186 }
const rome = { lat: 41.89028, lon: 12.49222 }

test('from the Duomo of Milan to the Colosseum, and over the date line', () => {
  expect(distanceKm(duomo, rome)).toBeCloseTo(477.5, 0)
  expect(distanceKm({ lat: 0, lon: 179.5 }, { lat: 0, lon: -179.5 })).toBeCloseTo(111.2, 1)
})

test('is zero to itself, the same both ways, and never longer over a third place', () => {
  const place = fc.record({
    lat: fc.double({ min: -90, max: 90, noNaN: true }),
    lon: fc.double({ min: -180, max: 180, noNaN: true }),
  })
  fc.assert(
    fc.property(place, place, place, (a: Coordinates, b: Coordinates, c: Coordinates) => {
      expect(distanceKm(a, a)).toBe(0)
      // To a metre: at the other end of the Earth the arc sine loses half of its digits.
      expect(distanceKm(a, b)).toBeCloseTo(distanceKm(b, a), 3)
      expect(distanceKm(a, c)).toBeLessThanOrEqual(distanceKm(a, b) + distanceKm(b, c) + 1e-3)
    }),
  )
})

test('each district has a centre in the city, and nowhere has none', () => {
  for (let municipio = 1; municipio <= 9; municipio++) {
    const centre = municipioCentre(municipio)
    expect(centre && distanceKm(centre, duomo), String(municipio)).toBeLessThan(9)
  }
  expect(municipioCentre(null)).toBeNull()
})
