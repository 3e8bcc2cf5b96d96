#!/usr/bin/env bash
# Makes every recording of the practice line from the texts in scenarios/ and recordings.json: raw G.711 u-law, 8 kHz, mono.
# Needs espeak-ng, sox and node. Run it after a text has changed, and commit what it made.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p sound
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What a telephone lets through, at an even loudness, with no long silence at either end.
telephone() {
  sox "$1" -t raw -r 8000 -c 1 -e mu-law -b 8 "$2" gain -3 highpass 250 lowpass 3400 norm -4 \
    silence 1 0.02 0.5% reverse silence 1 0.02 0.5% reverse pad 0 0.1
}

speak() { # audio, voice, pitch, speed, text
  espeak-ng -v "$2" -p "$3" -s "$4" -w "$work/speech.wav" -- "$5"
  telephone "$work/speech.wav" "sound/$1.ulaw"
}

rm -f sound/*.ulaw
node --input-type=module -e '
  import { readdirSync, readFileSync } from "node:fs"
  const read = (file) => JSON.parse(readFileSync(file, "utf8"))
  const row = (...cells) => console.log(cells.join("\t"))
  for (const file of readdirSync("scenarios").sort()) {
    const { voice, lines } = read(`scenarios/${file}`)
    for (const { audio, text } of lines) row(audio, voice.name, voice.pitch, voice.speed, text)
  }
  const { announcement, answer, emergency } = read("recordings.json")
  row(announcement.audio, announcement.voice, 50, 172, announcement.text)
  for (const { audio, text } of answer.it) row(audio, "it+m3", 45, 170, text)
  for (const { audio, text } of answer.en) row(audio, "en-gb+f2", 50, 170, text)
  for (const { audio, text } of emergency) row(audio, "it+f3", 45, 168, text)
' | while IFS=$'\t' read -r audio voice pitch speed text; do speak "$audio" "$voice" "$pitch" "$speed" "$text"; done

# The announcement comes round with a pause; the hold tune is a slow arpeggio of our own.
sox -t raw -r 8000 -c 1 -e mu-law -b 8 sound/announcement.ulaw -t raw -r 8000 -c 1 -e mu-law -b 8 "$work/a.ulaw" pad 0 2
mv "$work/a.ulaw" sound/announcement.ulaw
n=0
for note in C4 E4 G4 C5 G4 E4 A3 C4 E4 A4 E4 C4; do
  sox -n -r 8000 -c 1 "$work/note$(printf %02d $n).wav" synth 0.5 pluck "$note" vol 0.35 fade 0.01 0.5 0.1
  n=$((n + 1))
done
sox "$work"/note*.wav -t raw -r 8000 -c 1 -e mu-law -b 8 sound/hold-tune.ulaw
du -cb sound/*.ulaw | tail -1
