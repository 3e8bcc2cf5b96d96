import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { Role } from '#contract/domain/agent.ts'
import { Instant, PlainDate, Slug, TimeZone, Words } from '#contract/domain/ids.ts'
import { type OpeningRule, rulesOverlap, TimeOfDay } from '#contract/domain/opening.ts'
import { Article, Office, Service, Topic } from '#contract/domain/reference.ts'
import { readCityFiles } from '../reference/city-files.ts'

export const exampleCity = fileURLToPath(new URL('../../../resources/city/', import.meta.url))

const head = { example: z.boolean(), note: z.string().min(1) }
const Opening = z.strictObject({
  weekdays: z.array(z.number().int().min(1).max(7)).min(1),
  from: TimeOfDay,
  to: TimeOfDay,
})
const counters = z.number().int().min(1).max(50)
const Hours = z.strictObject({ hours: Words, open: z.array(Opening).min(1) })

const TopicsFile = z.strictObject({ ...head, topics: z.array(Topic.omit({ version: true }).strict()) })
const ServicesFile = z.strictObject({
  ...head,
  services: z.array(Service.omit({ version: true, example: true }).strict()),
})
const OfficesFile = z.strictObject({
  ...head,
  /** Of every office that names none of its own. */
  zone: TimeZone,
  sizes: z.record(Slug, Hours),
  offices: z.array(
    Office.omit({ version: true, hours: true, zone: true, agendas: true, example: true })
      .extend({ size: Slug, counters: z.record(Slug, counters), zone: TimeZone.optional() })
      .strict(),
  ),
  /** Longer hours for some weeks. */
  seasons: z.array(
    z.strictObject({
      note: z.string().min(1),
      offices: z.array(Slug).min(1),
      agendas: z.array(Slug).min(1),
      validFrom: PlainDate,
      validTo: PlainDate,
      counters,
      open: z.array(Opening).min(1),
    }),
  ),
  closures: z.array(
    z.strictObject({ office: Slug, from: Instant, to: Instant, reason: z.string().min(1).max(500) }),
  ),
})
type OfficesContent = z.infer<typeof OfficesFile>
const ArticlesFile = z.strictObject({
  ...head,
  updatedOn: PlainDate,
  headings: z.record(Slug, Words),
  articles: z.array(
    Article.omit({ version: true, updatedOn: true, example: true, sections: true })
      .extend({ sections: z.array(z.strictObject({ heading: Slug, body: Words })).min(1) })
      .strict(),
  ),
})
const Account = z.strictObject({
  login: z.string().regex(/^[a-z][a-z0-9.-]{1,39}$/),
  givenName: z.string().min(1),
  familyName: z.string().min(1),
  roles: z.array(Role).min(1),
  teams: z.array(Slug).min(1),
  extension: z.string().regex(/^\d{2,8}$/),
})
const AccountsFile = z.strictObject({ ...head, password: z.string().min(8), accounts: z.array(Account) })

/** Half-hours everywhere: a visit takes as many of them as its services need. */
const stepMinutes = 30
/** Rules of a size hold since before anybody asks. */
const always = '2020-01-01'

export type CityRule = OpeningRule & { officeId: string }
export type CityAccount = z.infer<typeof Account>

/** A city's reference data and the accounts it starts with, as configured. `example`: for training, not checked by a city. */
export type City = {
  example: boolean
  topics: Omit<Topic, 'version'>[]
  offices: Omit<Office, 'version'>[]
  rules: CityRule[]
  closures: { officeId: string; from: string; to: string; reason: string }[]
  services: Omit<Service, 'version'>[]
  articles: Omit<Article, 'version'>[]
  accounts: CityAccount[]
  /** Of all the accounts, public: for training only. */
  password: string
}

/** Reads a folder like `resources/city`, without its accounts if so asked; throws the `FileProblem`s of files that do not parse or name what is not there. */
export async function loadCity(folder: string = exampleCity, { withAccounts = true } = {}): Promise<City> {
  const { files, check } = await readCityFiles(folder, {
    topics: TopicsFile,
    offices: OfficesFile,
    services: ServicesFile,
    articles: ArticlesFile,
  })
  const { topics, offices, services, articles } = files
  const own = withAccounts ? await readCityFiles(folder, { accounts: AccountsFile }) : null
  const accounts = own?.files.accounts ?? null

  unique(topics.content.topics, (topic) => topic.id, 'topics', topics.note)
  const topicOf = new Map(topics.content.topics.map((topic) => [topic.id, topic]))
  for (const [i, topic] of topics.content.topics.entries()) {
    if (topic.parentId === null) continue
    const parent = topicOf.get(topic.parentId)
    if (!parent || parent.parentId !== null) {
      topics.note(['topics', i, 'parentId'], `${topic.parentId} is no family of topics`)
    } else if (parent.ended && !topic.ended) {
      topics.note(['topics', i, 'parentId'], `${topic.parentId} has ended`)
    }
  }

  unique(offices.content.offices, (office) => office.id, 'offices', offices.note)
  const agendas = new Set(offices.content.offices.flatMap((office) => Object.keys(office.counters)))

  unique(services.content.services, (service) => service.id, 'services', services.note)
  for (const [i, service] of services.content.services.entries()) {
    const topic = topicOf.get(service.topicId)
    if (!topic) services.note(['services', i, 'topicId'], `no topic ${service.topicId}`)
    else if (topic.ended && !service.ended)
      services.note(['services', i, 'topicId'], `${service.topicId} has ended`)
    if (!agendas.has(service.agenda)) {
      services.note(['services', i, 'agenda'], `no office has the agenda ${service.agenda}`)
    }
  }

  unique(articles.content.articles, (article) => article.id, 'articles', articles.note)
  for (const [i, article] of articles.content.articles.entries()) {
    if (!topicOf.has(article.topicId))
      articles.note(['articles', i, 'topicId'], `no topic ${article.topicId}`)
  }

  if (accounts) {
    unique(accounts.content.accounts, (account) => account.login, 'accounts', accounts.note)
    unique(accounts.content.accounts, (account) => account.extension, 'accounts', accounts.note)
    const teams = new Set(topics.content.topics.map((topic) => topic.team))
    for (const [i, account] of accounts.content.accounts.entries()) {
      const stranger = account.teams.findIndex((team) => !teams.has(team))
      if (stranger >= 0) accounts.note(['accounts', i, 'teams', stranger], 'no topic belongs to this team')
    }
  }
  own?.check()
  check()

  return {
    example: [topics, offices, services, articles, accounts].some((file) => file?.content.example),
    topics: topics.content.topics,
    offices: offices.content.offices.map(({ size, counters, zone = offices.content.zone, ...office }, i) => {
      const { hours } =
        offices.content.sizes[size] ?? offices.refuse(['offices', i, 'size'], `no size ${size}`)
      const { example } = offices.content
      return { ...office, hours, zone, example, agendas: Object.keys(counters) }
    }),
    rules: rulesOf(offices.content, offices.refuse),
    closures: offices.content.closures.map(({ office, ...closure }, i) => {
      requireOffice(offices.content, office, () =>
        offices.refuse(['closures', i, 'office'], `no office ${office}`),
      )
      return { officeId: office, ...closure }
    }),
    services: services.content.services.map((service) => ({
      ...service,
      example: services.content.example,
    })),
    articles: articles.content.articles.map((article, i) => ({
      ...article,
      updatedOn: articles.content.updatedOn,
      example: articles.content.example,
      sections: article.sections.map(({ heading, body }, j) => ({
        heading:
          articles.content.headings[heading] ??
          articles.refuse(['articles', i, 'sections', j, 'heading'], `no heading ${heading}`),
        body,
      })),
    })),
    accounts: accounts?.content.accounts ?? [],
    password: accounts?.content.password ?? '',
  }
}

const requireOffice = (content: OfficesContent, id: string, otherwise: () => never) =>
  content.offices.find((office) => office.id === id) ?? otherwise()

/** The hours of each office's size, and of its seasons, for each of its agendas. */
function rulesOf(
  content: OfficesContent,
  refuse: (path: PropertyKey[], problem: string) => never,
): CityRule[] {
  const usual = content.offices.flatMap((office) =>
    Object.entries(office.counters).flatMap(([agenda, counters]) =>
      (content.sizes[office.size]?.open ?? []).map((opening) => ({
        ...opening,
        ...{ officeId: office.id, agenda, counters, stepMinutes, onHolidays: false },
        ...{ validFrom: always, validTo: null },
      })),
    ),
  )
  const seasonal = content.seasons.flatMap((season, i) =>
    season.offices.flatMap((id, j) => {
      const office = requireOffice(content, id, () => refuse(['seasons', i, 'offices', j], `no office ${id}`))
      return season.agendas.flatMap((agenda, k) => {
        if (!office.counters[agenda]) {
          refuse(['seasons', i, 'agendas', k], `${id} has no agenda ${agenda}`)
        }
        return season.open.map((opening, l) => {
          const { counters, validFrom, validTo } = season
          const longer = { ...opening, officeId: id, agenda, counters, validFrom, validTo }
          const rule = { ...longer, stepMinutes, onHolidays: false }
          if (usual.some((other) => other.officeId === id && rulesOverlap(other, rule))) {
            refuse(['seasons', i, 'open', l], `${id} is open then anyway`)
          }
          return rule
        })
      })
    }),
  )
  return [...usual, ...seasonal]
}

function unique<T>(
  rows: readonly T[],
  key: (row: T) => string,
  list: string,
  note: (path: PropertyKey[], problem: string) => void,
): void {
  const seen = new Set<string>()
  for (const [i, row] of rows.entries()) {
    if (seen.has(key(row))) note([list, i], `${key(row)} is there twice`)
    seen.add(key(row))
  }
}
