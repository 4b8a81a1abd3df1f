import { dateTimeText, parseDateTime } from "../date-time.js";
import { InvalidDateError } from "../errors.js";
import { type Message, over } from "../message.js";

/** Visits the dates in a value of a type: a function that is generated from the type's schema. */
export type DatesIn = (at: DatePlace) => void;

/** Converts a date. @returns Undefined for a value that is not a date. */
type Turn = (value: unknown) => unknown;

/** Result of converting a value. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Results of conversions, by visitor and value. */
type Known = Map<DatesIn, Map<unknown, Outcome>>;

/** Error for a value that matches none of a union's types. */
const MISFIT = Symbol("misfit");

/**
 * A place in a payload that may contain dates. They are converted from or to text; objects with
 * dates are copied, so that the caller's objects do not change.
 */
export class DatePlace {
  #value: unknown;
  readonly #turn: Turn;
  readonly #parent: DatePlace | undefined;
  readonly #name: string | number;
  /** Results within {@link oneOf}, by visitor and value. */
  #known: Known | undefined;
  #isCopy = false;

  /** @param value The value at this place. @param turn Converts dates. */
  constructor(value: unknown, turn: Turn, parent?: DatePlace, name: string | number = "") {
    this.#value = value;
    this.#turn = turn;
    this.#parent = parent;
    this.#name = name;
    this.#known = parent === undefined ? undefined : parent.#known;
  }

  /** The value at this place, as far as it has been converted. */
  get value(): unknown {
    return this.#value;
  }

  /** Its place as a JSON pointer (RFC 6901). */
  get path(): string {
    if (this.#parent === undefined) return "";
    const step = String(this.#name).replaceAll("~", "~0").replaceAll("/", "~1");
    return `${this.#parent.path}/${step}`;
  }

  /** Converts a date. @throws InvalidDateError */
  date(): void {
    const turned = this.#turn(this.#value);
    if (turned === undefined) throw new InvalidDateError(this.path, this.#value);
    this.#value = turned;
  }

  /** Converts a date, or accepts a value that is not text. @throws InvalidDateError */
  dateOrOther(): void {
    if (typeof this.#value === "string" || this.#value instanceof Date) this.date();
  }

  /** Converts a date, or accepts any text, which a receiver gets as text. */
  dateOrText(): void {
    this.#value = dateTimeText(this.#value) ?? this.#value;
  }

  /** Visits a property, if it exists. */
  property(name: string, part: DatesIn): void {
    const value = this.#value;
    if (isObject(value) && Object.hasOwn(value, name)) this.#put(name, value[name], part);
  }

  /** Visits all properties except the declared ones. */
  others(part: DatesIn, ...declared: readonly string[]): void {
    const value = this.#value;
    if (!isObject(value)) return;
    for (const [name, other] of Object.entries(value)) {
      if (!declared.includes(name)) this.#put(name, other, part);
    }
  }

  /** Visits an item of an array, if it exists. */
  item(i: number, part: DatesIn): void {
    const value = this.#value;
    if (Array.isArray(value) && i < value.length) this.#put(i, value[i], part);
  }

  /** Visits the items of an array. @param from Index of the first one. */
  items(part: DatesIn, from = 0): void {
    const value = this.#value;
    if (!Array.isArray(value)) return;
    for (let i = from; i < value.length; i++) this.#put(i, value[i], part);
  }

  /**
   * Visits an object or array of one of several types: a place is a date if it is one in any
   * matching type.
   *
   * @throws InvalidDateError if none matches
   */
  oneOf(kind: "array" | "object", ...parts: readonly DatesIn[]): void {
    const value = this.#value;
    if (kind === "array" ? !Array.isArray(value) : !isObject(value)) return;
    let fits = false;
    let misfit: unknown;
    // Without a cache, types that contain themselves would be tried twice as often at each level.
    if (parts.length > 1) this.#known ??= new Map();
    for (const part of parts) {
      const trial = new DatePlace(this.#value, this.#turn, this.#parent, this.#name);
      trial.#known = this.#known;
      try {
        part(trial);
        this.#value = trial.#value;
        fits = true;
      } catch (error) {
        if (error !== MISFIT && !(error instanceof InvalidDateError)) throw error;
        if (error !== MISFIT) misfit ??= error;
      }
    }
    if (!fits && misfit !== undefined) throw misfit;
  }

  /** Visits one type of {@link oneOf}, selected by the value of a property. */
  where(name: string, values: readonly unknown[], part: DatesIn): void {
    const value = this.#value;
    if (!isObject(value) || !values.includes(value[name])) throw MISFIT;
    part(this);
  }

  #put(name: string | number, old: unknown, part: DatesIn): void {
    if (old === undefined) return;
    const value = this.#turned(name, old, part);
    if (value === old) return;
    if (!this.#isCopy) {
      this.#value = Array.isArray(this.#value) ? [...this.#value] : { ...(this.#value as object) };
      this.#isCopy = true;
    }
    (this.#value as { [key: string | number]: unknown })[name] = value;
  }

  /** @returns The converted property or item. */
  #turned(name: string | number, old: unknown, part: DatesIn): unknown {
    const known = typeof old === "object" && old !== null ? this.#known : undefined;
    const before = known?.get(part)?.get(old);
    if (before !== undefined) {
      if ("error" in before) throw before.error;
      return before.value;
    }
    const place = new DatePlace(old, this.#turn, this, name);
    try {
      part(place);
    } catch (error) {
      if (known !== undefined) note(known, part, old, { error });
      throw error;
    }
    const value = place.#value;
    if (known !== undefined) {
      note(known, part, old, { value });
      // A converted value has nothing left to convert.
      note(known, part, value, { value });
    }
    return value;
  }
}

function note(known: Known, part: DatesIn, value: unknown, outcome: Outcome): void {
  const outcomes = known.get(part);
  if (outcomes === undefined) known.set(part, new Map([[value, outcome]]));
  else outcomes.set(value, outcome);
}

/** A date, see {@link DatePlace.date}. */
export const dateTime: DatesIn = (at) => at.date();

/** A date or null, for example; see {@link DatePlace.dateOrOther}. */
export const dateTimeOrOther: DatesIn = (at) => at.dateOrOther();

/** A date or any text, see {@link DatePlace.dateOrText}. */
export const dateTimeOrText: DatesIn = (at) => at.dateOrText();

/** A type without dates, among others that have some. */
export const noDates: DatesIn = () => {};

/**
 * Creates a message whose `date-time` texts (RFC 3339) are `Date` objects in a program.
 *
 * ```ts
 * const chat: Message<Chat> = dated(json(), (at) => at.property("timestamp", dateTime));
 * ```
 *
 * @param message The codec, which has texts instead of dates.
 * @param datesIn Visits the dates.
 */
export function dated<T, H>(message: Message<T, H>, datesIn: DatesIn): Message<T, H> {
  const { headerCodec, accept } = message;
  return {
    ...over(message),
    ...(headerCodec && { headerCodec }),
    serialize(value, writer) {
      message.serialize(withTexts(value, datesIn), writer);
    },
    accept: (value) => withDates(accept === undefined ? value : accept(value), datesIn),
    deserialize: (buffer, start, end, headers) =>
      withDates(message.deserialize(buffer, start, end, headers), datesIn),
  };
}

/** @returns The value with texts, for the wire. @throws InvalidDateError */
function withTexts<T>(value: T, datesIn: DatesIn): T {
  return turned(value, datesIn, toText);
}

/** @returns The value with dates, for a program. @throws InvalidDateError */
function withDates<T>(value: T, datesIn: DatesIn): T {
  return turned(value, datesIn, toDate);
}

function turned<T>(value: T, datesIn: DatesIn, turn: Turn): T {
  const place = new DatePlace(value, turn);
  datesIn(place);
  return place.value as T;
}

function toText(value: unknown): string | undefined {
  if (typeof value !== "string") return dateTimeText(value);
  return Number.isNaN(parseDateTime(value)) ? undefined : value;
}

function toDate(value: unknown): Date | undefined {
  // MessagePack has its own form of dates.
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value;
  const time = typeof value === "string" ? parseDateTime(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time);
}

/** Checks for an object that is written property by property, without its own `toJSON`. */
function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return typeof (value as { readonly toJSON?: unknown }).toJSON !== "function";
}
