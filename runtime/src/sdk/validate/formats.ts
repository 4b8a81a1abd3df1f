import { isDate, isDateTime, isTime } from "../date-time.js";

/** Checks if a text has a format. */
type Format = (text: string) => boolean;

const DURATION =
  /^P(?!$)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/;
const EMAIL =
  /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;
const LABEL = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[\da-f]{1,4}$/i;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;
const SCHEME = /^[a-z][a-z\d+.-]*:/i;
const URI_REFERENCE = /^(?:[\w.~:/?#[\]@!$&'()*+,;=-]|%[\da-f]{2})*$/i;

function isHostname(text: string): boolean {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  return name.length <= 253 && name.split(".").every((label) => LABEL.test(label));
}

function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const isMixed = last.includes(".") && !text.endsWith("::");
  if (isMixed && !IPV4.test(last)) return false;
  const count = groups.length + Number(isMixed);
  const hex = isMixed ? groups.slice(0, -1) : groups;
  return hex.every((group) => GROUP.test(group)) && (halves.length === 2 ? count < 8 : count === 8);
}

function isRegExp(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}

/**
 * The supported formats; other formats accept any text.
 *
 * @see JSON Schema Validation draft-07, 7.3, and 2019-09, 7.3, for `duration` and `uuid`
 */
export const formats: {
  readonly [N in
    | "date"
    | "date-time"
    | "duration"
    | "email"
    | "hostname"
    | "ipv4"
    | "ipv6"
    | "json-pointer"
    | "regex"
    | "time"
    | "uri"
    | "uri-reference"
    | "uuid"]: Format;
} = {
  date: isDate,
  "date-time": isDateTime,
  duration: (text) => DURATION.test(text),
  email: (text) => EMAIL.test(text),
  hostname: isHostname,
  ipv4: (text) => IPV4.test(text),
  ipv6: isIpv6,
  "json-pointer": (text) => POINTER.test(text),
  regex: isRegExp,
  time: isTime,
  uri: (text) => SCHEME.test(text) && URI_REFERENCE.test(text),
  "uri-reference": (text) => URI_REFERENCE.test(text),
  uuid: (text) => UUID.test(text),
};
