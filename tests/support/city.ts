import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { LineConfiguration } from '#contract/domain/line.ts'
import { joinRunning } from '../../src/main/loopback/join.ts'
import { type StartedProgram, startProgram } from '../../tools/process.ts'
import { programFile } from '../../tools/programs.ts'

/** Made by a CRM that finds its folder empty. */
const citizens = '400'
const sipSecret = 'a secret that only this test city shares with itself'
const root = fileURLToPath(new URL('../..', import.meta.url))
const exampleLine = (): LineConfiguration =>
  LineConfiguration.parse(JSON.parse(readFileSync(join(root, 'resources/city/line.json'), 'utf8')))

/** What the practice line says of itself, as far as tests ask. */
const LineState = z.object({
  agents: z.array(z.object({ extension: z.string(), state: z.object({ kind: z.string() }) })),
  calls: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      heard: z.object({ packets: z.number(), level: z.number() }),
    }),
  ),
})
export type LineState = z.infer<typeof LineState>

type Logs = { practice: string; crm: string; desk: string }

/** Practice line, CRM and desk in processes of their own, on free ports, with data folders that go when the city closes. */
export class City {
  readonly logs: Logs = { practice: '', crm: '', desk: '' }
  readonly #folder = mkdtempSync(join(tmpdir(), 'ascolto-city-'))
  #practice: StartedProgram | null = null
  #crm: StartedProgram | null = null
  #desk: StartedProgram | null = null
  #colleague: StartedProgram | null = null

  /** `seed`: a CRM's data folder, which is copied. `line`: what this city sets otherwise than the example city. `ringSeconds`: how long a desk rings. */
  static async open(
    seed = process.env.ASCOLTO_TEST_SEED,
    line: Partial<LineConfiguration> = {},
    ringSeconds = 20,
  ): Promise<City> {
    const city = new City()
    writeFileSync(city.folder('line.json'), JSON.stringify({ ...exampleLine(), ...line }))
    if (seed) cpSync(seed, city.folder('crm'), { recursive: true })
    city.#practice = await city.#run('practice', [
      programFile('practice'),
      '--port',
      '0',
      '--ring-seconds',
      String(ringSeconds),
    ])
    await city.startCrm()
    return city
  }

  folder(name: string): string {
    return join(this.#folder, name)
  }

  #run(name: keyof Logs, args: string[]): Promise<StartedProgram> {
    return startProgram(args, {
      cwd: root,
      env: { ASCOLTO_SIP_SECRET: sipSecret },
      log: (text) => {
        this.logs[name] += text
      },
    })
  }

  get crmUrl(): string {
    return this.#value(this.#crm, 'url')
  }

  #value(program: StartedProgram | null, name: string): string {
    const value = program?.ready[name]
    if (!value) throw new Error(`${name} is not known: the program is not running`)
    return value
  }

  /** At the same address as before, when it ran before. */
  async startCrm(): Promise<void> {
    const port = this.#crm ? new URL(this.crmUrl).port : '0'
    const sipUrl = this.#value(this.#practice, 'sipUrl')
    const queueUrl = this.#value(this.#practice, 'queueUrl')
    this.#crm = await this.#run('crm', [
      // It ends before PGlite’s faster code has paid for making it, which is a third of what a start computes.
      '--liftoff-only',
      programFile('crm'),
      'serve',
      '--port',
      port,
      '--data',
      this.folder('crm'),
      '--sip-url',
      sipUrl,
      '--queue-url',
      queueUrl,
      '--citizens',
      citizens,
      '--line',
      this.folder('line.json'),
    ])
  }

  /** SIGKILL: nothing is told, nothing is finished. */
  async killCrm(): Promise<void> {
    this.#crm?.child.kill('SIGKILL')
    await this.#crm?.ended
  }

  /** Gives the one-time address of the desk's page. */
  async startDesk(): Promise<string> {
    this.#desk = await this.#run('desk', [
      programFile('desk'),
      '--data',
      this.folder('desk'),
      '--crm',
      this.crmUrl,
    ])
    return this.#value(this.#desk, 'url')
  }

  /** A second desk, with data of its own, as on the next table; the one before ends. Ends with the city. */
  async startColleague(): Promise<string> {
    await ended('colleague', this.#colleague)
    this.#colleague = await this.#run('desk', [
      programFile('desk'),
      '--data',
      this.folder('colleague'),
      '--crm',
      this.crmUrl,
    ])
    return this.#value(this.#colleague, 'url')
  }

  async stopDesk(): Promise<void> {
    await ended('desk', this.#desk)
    this.#desk = null
  }

  /** A fresh one-time address of the running desk, as a second start of the program gets it. */
  async deskUrl(): Promise<string> {
    const url = await joinRunning(this.folder('desk'))
    if (url === null) throw new Error('no desk runs')
    return url
  }

  /** A simulated citizen calls. */
  async call(scenario: string): Promise<void> {
    await this.#control('calls', { method: 'POST', body: JSON.stringify({ scenario }) })
  }

  async line(): Promise<LineState> {
    return LineState.parse(await (await this.#control('state')).json())
  }

  async #control(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(new URL(`control/${path}`, this.#value(this.#practice, 'controlUrl')), {
      ...init,
      headers: {
        ...(init.body ? { 'content-type': 'application/json' } : {}),
        authorization: `Bearer ${this.#value(this.#practice, 'controlToken')}`,
      },
    })
    if (!response.ok)
      throw new Error(`the practice line refused ${path}: ${response.status} ${await response.text()}`)
    return response
  }

  async close(): Promise<void> {
    await ended('colleague', this.#colleague)
    await ended('desk', this.#desk)
    await ended('CRM', this.#crm)
    await ended('practice line', this.#practice)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** One that has to be killed holds on to something: it is said, for the ten seconds it cost are seen nowhere else. */
async function ended(name: string, program: StartedProgram | null): Promise<void> {
  if (program === null || program.child.signalCode !== null) return
  await program.stop()
  if (program.child.signalCode === 'SIGKILL')
    console.warn(`the ${name} did not end when it was asked to, and was killed`)
}
