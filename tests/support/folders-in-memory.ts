import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
/** Several times what the tests that run at once have in their folders. */
const room = 6 * 2 ** 30
const name = /^ascolto-(\d+)-/

/**
 * Vitest's global setup: folders that tests make lie in memory where there is room, for nothing in them is to outlast a power cut (what
 * measures a disk does not take this). A database is copied for most files and many tests, and to a disk that takes many times the processor.
 */
export default function setup(): () => void {
  const isThere = process.env.TMPDIR?.startsWith(memory)
  if (isThere || !hasRoom()) return () => {}
  for (const left of readdirSync(memory)) {
    const [, pid] = name.exec(left) ?? []
    if (pid && !isAlive(Number(pid))) rmSync(join(memory, left), { recursive: true, force: true })
  }
  const before = process.env.TMPDIR
  const folder = mkdtempSync(join(memory, `ascolto-${process.pid}-`))
  const remove = () => {
    rmSync(folder, { recursive: true, force: true })
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
  // PostgreSQL runs as another user in a folder of its own below.
  chmodSync(folder, 0o711)
  if (!runsPrograms(folder)) {
    remove()
    return () => {}
  }
  process.env.TMPDIR = folder
  return remove
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(memory)
    return Math.min(bavail * bsize, freemem()) > room
  } catch {
    return false
  }
}

/** Not in a container that mounts it `noexec`: some tests write a program and start it. */
function runsPrograms(folder: string): boolean {
  const program = join(folder, 'program')
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
  const { status } = spawnSync(program)
  rmSync(program)
  return status === 0
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
