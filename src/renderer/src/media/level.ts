/** About the loudness of a voice at arm's length: below it the far end would strain to hear. */
export const audibleLevel = 0.02

/** Long enough for what an analyser remembers to hold all that was said since it was last looked at, also by a page that is late. */
const remembered = 32_768
const block = 2048

/** Whether the microphone gives the sound of a voice within `ms`. The stream stays open. */
export async function hearsVoice(stream: MediaStream, ms: number): Promise<boolean> {
  const context = new AudioContext()
  try {
    const analyser = context.createAnalyser()
    analyser.fftSize = remembered
    context.createMediaStreamSource(stream).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    for (const until = performance.now() + ms; performance.now() < until; ) {
      await new Promise((resolve) => setTimeout(resolve, 80))
      analyser.getFloatTimeDomainData(samples)
      for (let from = 0; from < remembered; from += block) {
        const power = samples.subarray(from, from + block).reduce((sum, one) => sum + one * one, 0) / block
        if (Math.sqrt(power) >= audibleLevel) return true
      }
    }
    return false
  } finally {
    await context.close().catch(() => undefined)
  }
}
