import ICAL from 'ical.js'

/** When an appointment is, by its calendar file alone: another library than the one that wrote it, with the zones that the file itself defines. */
export function readCalendar(content: string): { startsAt: string; endsAt: string; local: string } {
  const calendar = new ICAL.Component(ICAL.parse(content))
  const zones = calendar.getAllSubcomponents('vtimezone').map((zone) => new ICAL.Timezone(zone))
  const event = calendar.getFirstSubcomponent('vevent')
  const read = (name: 'dtstart' | 'dtend') => {
    const property = event?.getFirstProperty(name)
    const time = property?.getFirstValue()
    if (!(time instanceof ICAL.Time)) throw new Error(`the file has no ${name}`)
    const local = time.toString()
    const tzid = property?.getParameter('tzid')
    const zone = tzid === undefined ? ICAL.Timezone.utcTimezone : zones.find((one) => one.tzid === tzid)
    if (!zone || (tzid === undefined && !local.endsWith('Z'))) throw new Error(`${name} is of no known zone`)
    time.zone = zone
    return { local, instant: time.toJSDate().toISOString() }
  }
  const start = read('dtstart')
  return { startsAt: start.instant, endsAt: read('dtend').instant, local: start.local }
}
