const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|([+-])(\d\d):(\d\d))$/i;

/** Days of the months, in a leap year. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Checks for a `full-date` of RFC 3339 that exists in the calendar. */
export function isDate(text: string): boolean {
  const [, year = 0, month = 0, day = 0] = DATE.exec(text)?.map(Number) ?? [];
  if (month < 1 || day < 1 || day > (DAYS[month - 1] ?? 0)) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month !== 2 || day <= 28 || isLeap;
}

/**
 * Checks for a `full-time` of RFC 3339. A leap second is valid only at 23:59:60 UTC, for any
 * offset.
 */
export function isTime(text: string): boolean {
  const parts = TIME.exec(text);
  if (parts === null) return false;
  const [hour, minute, second] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const [offsetHour, offsetMinute] = [Number(parts[5] ?? 0), Number(parts[6] ?? 0)];
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return false;
  if (second < 60) return true;
  const offset = (offsetHour * 60 + offsetMinute) * (parts[4] === "-" ? -1 : 1);
  return (hour * 60 + minute - offset + 2 * 1440) % 1440 === 1439;
}

/** Checks for a `date-time` of RFC 3339. */
export function isDateTime(text: string): boolean {
  return /^.{10}[t\s]/i.test(text) && isDate(text.slice(0, 10)) && isTime(text.slice(11));
}

/** The most frequent form, with days that every month has. */
const USUAL =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z$/;

/**
 * Parses a `date-time` of RFC 3339. Digits after the milliseconds are cut off, and a leap second
 * becomes the next second.
 *
 * @returns Milliseconds since 1970; NaN for any other text.
 */
export function parseDateTime(text: string): number {
  if (USUAL.test(text)) return Date.parse(text);
  if (!isDateTime(text)) return Number.NaN;
  const seconds = text.slice(17, 19);
  const written = `${text.slice(0, 10)}T${text.slice(11).toUpperCase()}`;
  if (seconds !== "60") return Date.parse(written);
  return Date.parse(`${written.slice(0, 17)}59${written.slice(19)}`) + 1000;
}

/**
 * Formats a `date-time` of RFC 3339 in UTC, as `JSON.stringify` does.
 *
 * @returns Undefined for a value that is not a date, or outside of the years 0 to 9999.
 */
export function dateTimeText(value: unknown): string | undefined {
  try {
    // Dates of another realm are accepted as well.
    const text = toISOString.call(value as Date);
    return text.length === 24 ? text : undefined;
  } catch {
    return undefined;
  }
}

const { toISOString } = Date.prototype;
