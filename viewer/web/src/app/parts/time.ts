/** Times and lengths in words and in figures. Pure. */

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "5 minutes ago", "in 3 days", "just now". */
export function relative(at: Date, now: number): string {
  const seconds = Math.round((at.getTime() - now) / 1000);
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) {
      return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.trunc(seconds / length), unit);
    }
  }
  return "just now";
}

/** "22 November 2026, 14:05", for hovers and tables. */
export function exact(at: Date): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" }).format(at);
}

/** "22 November 2026". */
export function day(at: Date): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long" }).format(at);
}

/** "14:05". */
export function minute(at: Date): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** "0:07", "12:40", "1:02:03". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${two(whole % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** "1:29 left.", "8 seconds left.": a time that runs out, as the user's own windows count it. */
export function left(seconds: number): string {
  return seconds < 60 ? `${lasting(seconds)} left.` : `${clock(seconds)} left.`;
}

/** "8 seconds", "12 minutes", "1 hour 5 minutes". */
export function lasting(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const count = (n: number, word: string) => `${n} ${word}${n === 1 ? "" : "s"}`;
  if (whole < 60) {
    return count(whole, "second");
  }
  const minutes = Math.round(whole / 60);
  if (minutes < 60) {
    return count(minutes, "minute");
  }
  const rest = minutes % 60;
  return count(Math.floor(minutes / 60), "hour") + (rest === 0 ? "" : ` ${count(rest, "minute")}`);
}
