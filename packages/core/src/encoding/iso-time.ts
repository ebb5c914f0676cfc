const DAY_MS = 86_400_000;
/** How long a time with milliseconds is, such as `2026-11-30T16:30:00.000Z`, in the years that have four digits. */
const USUAL_LENGTH = 24;
const DATE_LENGTH = 11;

/** The latest day that was formatted or parsed: nearly all times of a process are of a few days. */
let knownDate = "1970-01-01T";
let knownDay = 0;

/** Formats a time as `Date.prototype.toISOString` does, which takes five times as long. */
export function formatTime(time: number): string {
  const day = Math.floor(time / DAY_MS);
  if (day !== knownDay && !rememberDay(new Date(day * DAY_MS).toISOString().slice(0, DATE_LENGTH), day)) {
    return new Date(time).toISOString();
  }
  const rest = time - day * DAY_MS;
  const seconds = Math.floor(rest / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return `${knownDate}${two(hours)}:${two(minutes % 60)}:${two(seconds % 60)}.${three(rest % 1000)}Z`;
}

/** Parses a time as `Date.parse` does, which takes three times as long. */
export function parseTime(text: string): number {
  const isUsual = text.length === USUAL_LENGTH && text.startsWith(knownDate) && text.endsWith("Z");
  if (!isUsual) return parseOther(text);
  const [hours, minutes, seconds] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)];
  const isTime = text[13] === ":" && text[16] === ":" && text[19] === "." && hours < 24 && minutes < 60;
  // Also without a number, because `NaN` is not less than anything.
  if (!isTime || !(seconds < 60)) return Date.parse(text);
  return knownDay * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000 + digits(text, 20, 23);
}

function parseOther(text: string): number {
  const time = Date.parse(text);
  if (text.length === USUAL_LENGTH && !Number.isNaN(time)) {
    const day = Math.floor(time / DAY_MS);
    rememberDay(new Date(day * DAY_MS).toISOString().slice(0, DATE_LENGTH), day);
  }
  return time;
}

/** Returns whether the date is one that the fast paths handle: years of more digits are longer. */
function rememberDay(date: string, day: number): boolean {
  if (!date.endsWith("T")) return false;
  knownDate = date;
  knownDay = day;
  return true;
}

/** Returns the number that the decimal digits in a range of the text are; `NaN` if there are other characters. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let index = from; index < to; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function three(value: number): string {
  return value < 100 ? `0${two(value)}` : `${value}`;
}
