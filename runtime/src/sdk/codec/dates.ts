import { dateTimeText, parseDateTime } from "../date-time.js";
import { InvalidDateError } from "../errors.js";
import { type Message, over } from "../message.js";

/** Finds the dates in a value of a type: a function that is made of the type's schema. */
export type DatesIn = (at: DatePlace) => void;

/** What a date is to become. @returns Undefined for what is no date. */
type Turn = (value: unknown) => unknown;

/** What became of a value. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** What became of values, by who looked for dates in them. */
type Known = Map<DatesIn, Map<unknown, Outcome>>;

/** What a value is that can be none of a union's types. */
const MISFIT = Symbol("misfit");

/**
 * A place in a payload where dates may be. They are turned from texts or into them; what holds one is copied, so
 * that nothing of a caller's is changed.
 */
export class DatePlace {
  #value: unknown;
  readonly #turn: Turn;
  readonly #parent: DatePlace | undefined;
  readonly #name: string | number;
  /** What became of values within {@link oneOf}, by who looked for dates in them. */
  #known: Known | undefined;
  #isCopy = false;

  /** @param value What stands there. @param turn What becomes of dates. */
  constructor(value: unknown, turn: Turn, parent?: DatePlace, name: string | number = "") {
    this.#value = value;
    this.#turn = turn;
    this.#parent = parent;
    this.#name = name;
    this.#known = parent === undefined ? undefined : parent.#known;
  }

  /** What stands there, as far as it has been turned. */
  get value(): unknown {
    return this.#value;
  }

  /** Where it is, as a JSON pointer (RFC 6901). */
  get path(): string {
    if (this.#parent === undefined) return "";
    const step = String(this.#name).replaceAll("~", "~0").replaceAll("/", "~1");
    return `${this.#parent.path}/${step}`;
  }

  /** A date, and nothing else. @throws InvalidDateError */
  date(): void {
    const turned = this.#turn(this.#value);
    if (turned === undefined) throw new InvalidDateError(this.path, this.#value);
    this.#value = turned;
  }

  /** A date, or what is no text. @throws InvalidDateError */
  dateOrOther(): void {
    if (typeof this.#value === "string" || this.#value instanceof Date) this.date();
  }

  /** A date or any text: who receives it gets the text. */
  dateOrText(): void {
    this.#value = dateTimeText(this.#value) ?? this.#value;
  }

  /** A property, where there is one. */
  property(name: string, part: DatesIn): void {
    const value = this.#value;
    if (isObject(value) && Object.hasOwn(value, name)) this.#put(name, value[name], part);
  }

  /** All properties but those that are declared. */
  others(part: DatesIn, ...declared: readonly string[]): void {
    const value = this.#value;
    if (!isObject(value)) return;
    for (const [name, other] of Object.entries(value)) {
      if (!declared.includes(name)) this.#put(name, other, part);
    }
  }

  /** An item of an array, where there is one. */
  item(i: number, part: DatesIn): void {
    const value = this.#value;
    if (Array.isArray(value) && i < value.length) this.#put(i, value[i], part);
  }

  /** The items of an array. @param from The first of them. */
  items(part: DatesIn, from = 0): void {
    const value = this.#value;
    if (!Array.isArray(value)) return;
    for (let i = from; i < value.length; i++) this.#put(i, value[i], part);
  }

  /**
   * An object or array of one of several types: dates are where any of them that fits has one.
   *
   * @throws InvalidDateError when none fits
   */
  oneOf(kind: "array" | "object", ...parts: readonly DatesIn[]): void {
    const value = this.#value;
    if (kind === "array" ? !Array.isArray(value) : !isObject(value)) return;
    let fits = false;
    let misfit: unknown;
    // Types that contain themselves would be tried twice as often at each level of what was sent.
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

  /** One type of {@link oneOf}, which is told by the value of a property. */
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

  /** @returns What becomes of a property or item. */
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
      // Nothing is left to turn in what was turned.
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

/** A date: what {@link DatePlace.date} says. */
export const dateTime: DatesIn = (at) => at.date();

/** A date or null, for example: what {@link DatePlace.dateOrOther} says. */
export const dateTimeOrOther: DatesIn = (at) => at.dateOrOther();

/** A date or any text: what {@link DatePlace.dateOrText} says. */
export const dateTimeOrText: DatesIn = (at) => at.dateOrText();

/** A type without dates, among others that have some. */
export const noDates: DatesIn = () => {};

/**
 * Makes a message of which texts are dates in a program's hands: a `date-time` of RFC 3339 is a `Date`.
 *
 * ```ts
 * const chat: Message<Chat> = dated(json(), (at) => at.property("timestamp", dateTime));
 * ```
 *
 * @param message How it is written and read with texts in the place of dates.
 * @param datesIn Finds them.
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

/** @returns The value as it travels. @throws InvalidDateError */
function withTexts<T>(value: T, datesIn: DatesIn): T {
  return turned(value, datesIn, toText);
}

/** @returns The value as a program has it in hands. @throws InvalidDateError */
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
  // MessagePack has a form of its own for dates.
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value;
  const time = typeof value === "string" ? parseDateTime(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time);
}

/** Whether a value is an object that is written property by property: what says itself how it is written is not. */
function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return typeof (value as { readonly toJSON?: unknown }).toJSON !== "function";
}
