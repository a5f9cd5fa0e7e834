/** How loud a sound is, as a bar shows it. */

/** Below this nobody is speaking, above the other it is as loud as speech gets; in dB of full scale. */
const QUIET_DB = -55;
const LOUD_DB = -12;

/** Ten times a second is as often as a bar needs. */
const EVERY_MS = 100;

/** The loudness of samples from -1 to 1, as a part of 1: even steps of it are heard as even. */
export function loudnessOf(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) {
    sum += (samples[i] ?? 0) ** 2;
  }
  const db = 10 * Math.log10(sum / Math.max(samples.length, 1));
  return Math.min(1, Math.max(0, (db - QUIET_DB) / (LOUD_DB - QUIET_DB)));
}

/** Tells how loud a stream is, until it is stopped by what it returns. Nothing of it is kept. */
export function followLevel(stream: MediaStream, tell: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = window.setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    tell(loudnessOf(samples));
  }, EVERY_MS);
  return () => {
    window.clearInterval(timer);
    void context.close();
  };
}
