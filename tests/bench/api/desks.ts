import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import type { Store } from '../../../src/crm/store/store.ts'
import { addDesk, addPerson, addStream } from '../../support/crm-city.ts'
import type { Answer, BusyDesk, Caller, Order, Spaced } from './load.ts'

/** So many desks, each with somebody signed in and a stream of commands, in a process of their own: what is measured is not what this one has in mind besides. */
export class Desks {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  static async open(crm: { url: string; store: Store }, count: number): Promise<Desks> {
    const { rows: callers } = await sql<Caller>`
      select c.id, p.number from citizens c join citizen_phones p on p.citizen_id = c.id and p.position = 0
      order by md5(c.id::text) limit 20000`.execute(crm.store.db)
    const desks: BusyDesk[] = []
    while (desks.length < count) {
      const person = await addPerson(crm)
      const desk = await addDesk(crm, person)
      const streamId = await addStream(person, desk)
      desks.push({ authorization: person.authorization, device: desk.authorization, streamId, n: 0 })
    }
    const all = new Desks(fork(fileURLToPath(new URL('load.ts', import.meta.url))))
    await all.#order({ kind: 'desks', url: crm.url, desks, callers })
    return all
  }

  /** A read of each desk each second and a write each fifth. */
  async atTheirPace(pace: { warmUpSeconds: number; seconds: number }): Promise<Spaced> {
    const answer = await this.#order({ kind: 'pace', ...pace })
    if (answer.kind !== 'pace') throw new Error(`told ${answer.kind}`)
    return answer.spaced
  }

  /** Commands in so many seconds, so many at once. */
  async asFastAsItGoes(load: { atOnce: number; seconds: number }): Promise<number> {
    const answer = await this.#order({ kind: 'saturate', ...load })
    if (answer.kind !== 'saturate') throw new Error(`told ${answer.kind}`)
    return answer.done
  }

  close(): void {
    this.#process.kill()
  }

  #order(order: Order): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`the desks ended with ${code}`))
      this.#process.once('exit', ended)
      this.#process.once('message', (answer: Answer) => {
        this.#process.off('exit', ended)
        resolve(answer)
      })
      this.#process.send(order)
    })
  }
}
