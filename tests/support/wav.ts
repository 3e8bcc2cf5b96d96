export const wavHead = 44

/** One channel of 16-bit PCM as a WAV file; `sample` gives each by its place, digital silence when it is left out. */
export function wavFile(rate: number, seconds: number, sample?: (index: number) => number): Buffer {
  const bytes = rate * seconds * 2
  const file = Buffer.alloc(wavHead + bytes)
  file.write('RIFF', 0)
  file.writeUInt32LE(wavHead - 8 + bytes, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(rate, 24)
  file.writeUInt32LE(rate * 2, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(bytes, 40)
  if (sample)
    for (let index = 0; index < bytes / 2; index++)
      file.writeInt16LE(Math.round(sample(index)), wavHead + index * 2)
  return file
}
