import { z } from 'zod'

/** Degrees of WGS 84. */
export const Coordinates = z.object({ lat: z.number().min(-90).max(90), lon: z.number().min(-180).max(180) })
export type Coordinates = z.infer<typeof Coordinates>

/** Mean radius of the Earth (IUGG). */
const earthKm = 6371.0088
const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** As the crow flies (haversine), in kilometres: good enough to order a city's offices. */
export function distanceKm(a: Coordinates, b: Coordinates): number {
  const half =
    Math.sin(radians(b.lat - a.lat) / 2) ** 2 +
    Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(radians(b.lon - a.lon) / 2) ** 2
  return 2 * earthKm * Math.asin(Math.min(1, Math.sqrt(half)))
}

/** About the middle of each of Milan's nine districts: where a person lives is known by district only. An example, not a survey. */
const centres: Record<number, Coordinates> = {
  1: { lat: 45.4642, lon: 9.19 },
  2: { lat: 45.495, lon: 9.218 },
  3: { lat: 45.48, lon: 9.23 },
  4: { lat: 45.445, lon: 9.225 },
  5: { lat: 45.43, lon: 9.183 },
  6: { lat: 45.448, lon: 9.145 },
  7: { lat: 45.464, lon: 9.115 },
  8: { lat: 45.493, lon: 9.13 },
  9: { lat: 45.512, lon: 9.188 },
}

/** Null for who lives outside the city, or nobody knows where. */
export const municipioCentre = (municipio: number | null): Coordinates | null =>
  municipio === null ? null : (centres[municipio] ?? null)
