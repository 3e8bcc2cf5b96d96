/** About the loudness of a voice at arm's length: below it the far end would strain to hear. */
export const audibleLevel = 0.02

/** Whether the microphone gives the sound of a voice within `ms`. The stream stays open. */
export async function hearsVoice(stream: MediaStream, ms: number): Promise<boolean> {
  const context = new AudioContext()
  try {
    const analyser = context.createAnalyser()
    context.createMediaStreamSource(stream).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    for (const until = performance.now() + ms; performance.now() < until; ) {
      await new Promise((resolve) => setTimeout(resolve, 80))
      analyser.getFloatTimeDomainData(samples)
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
      if (Math.sqrt(power) >= audibleLevel) return true
    }
    return false
  } finally {
    await context.close().catch(() => undefined)
  }
}
