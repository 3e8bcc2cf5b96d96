import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { AgentView } from '#contract/domain/agent.ts'
import { AgentBoard } from './agent.ts'

const view = (kind: AgentView['engine']['kind']) => ({ engine: { kind } }) as AgentView

let board: AgentBoard
let told: string[]
const settled = () => vi.advanceTimersByTimeAsync(0)

beforeEach(async () => {
  vi.useFakeTimers()
  board = new AgentBoard(view('ready'))
  told = []
  void (async () => {
    for await (const { engine } of board.watch(undefined)) told.push(engine.kind)
  })()
  await settled()
})
afterEach(() => {
  board.close()
  vi.useRealTimers()
})

it('tells what a ring makes of the operator after the page has painted who rings', async () => {
  board.rings()
  board.tell(view('offered'))
  await settled()
  expect(told).toEqual(['ready'])
  await vi.advanceTimersByTimeAsync(100)
  expect(told).toEqual(['ready', 'offered'])
  board.tell(view('ready'))
  await settled()
  expect(told).toEqual(['ready', 'offered', 'ready'])
})

it('waits for nothing once a call does something else', async () => {
  board.rings()
  board.tell(view('offered'))
  board.moves()
  board.tell(view('ready'))
  await settled()
  expect(told.at(-1)).toBe('ready')
  await vi.advanceTimersByTimeAsync(100)
  expect(told.at(-1)).toBe('ready')
})
