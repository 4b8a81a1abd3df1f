import { dateTimeText } from "../date-time.js";
import { InvalidDateError, InvalidIntegerError } from "../errors.js";

/**
 * Visits the parts of a value that another form has on the wire: a function that is generated from
 * the type's schema.
 */
export type Conversion = (at: PayloadPlace) => void;

/** Forms of values in one direction. The result is undefined for a value that has no such form. */
export interface Rules {
  /** A `date-time`. */
  date(value: unknown): unknown;
  /** A `date-time` that is text in a program. */
  dateText(value: unknown): unknown;
  /** An integer that is a number in a program. */
  integer(value: unknown): unknown;
  /** Any number. */
  number(value: unknown): unknown;
  /** An integer that is a bigint in a program. */
  bigInt(value: unknown): unknown;
  /** An integer that is text in a program. */
  integerText(value: unknown): unknown;
}

/** Result of converting a value. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Results of conversions, by visitor and value. */
type Known = Map<Conversion, Map<unknown, Outcome>>;

/** Error for a value that matches none of a union's types. */
const MISFIT = Symbol("misfit");

/**
 * A place in a payload. Objects with converted parts are copied, so that the caller's objects do not
 * change.
 */
export class PayloadPlace {
  #value: unknown;
  readonly #rules: Rules;
  readonly #parent: PayloadPlace | undefined;
  readonly #name: string | number;
  /** Results within {@link oneOf}, by visitor and value. */
  #known: Known | undefined;
  #isCopy = false;

  /** @param value The value at this place. */
  constructor(value: unknown, rules: Rules, parent?: PayloadPlace, name: string | number = "") {
    this.#value = value;
    this.#rules = rules;
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
    const date = this.#rules.date(this.#value);
    if (date === undefined) throw new InvalidDateError(this.path, this.#value);
    this.#value = date;
  }

  /** Converts a date, or accepts a value that is not text. @throws InvalidDateError */
  dateOrOther(): void {
    if (typeof this.#value === "string" || this.#value instanceof Date) this.date();
  }

  /** Converts a date, or accepts any text, which a receiver gets as text. */
  dateOrText(): void {
    this.#value = dateTimeText(this.#value) ?? this.#value;
  }

  /** Converts a date that is text in a program. Other values stay. */
  dateText(): void {
    this.#value = this.#rules.dateText(this.#value);
  }

  /** Converts an integer that is a number in a program. Other values stay. */
  integer(): void {
    this.#value = this.#rules.integer(this.#value);
  }

  /** Converts any number. Other values stay. */
  number(): void {
    this.#value = this.#rules.number(this.#value);
  }

  /** Converts an integer that is a bigint in a program. @throws InvalidIntegerError */
  bigInt(): void {
    this.#value = this.#integer64(this.#rules.bigInt(this.#value));
  }

  /** Converts an integer that is a bigint in a program, or accepts a value of another type. */
  bigIntOrOther(): void {
    if (typeof this.#value === "bigint" || Number.isInteger(this.#value)) this.bigInt();
  }

  /** Converts an integer that is text in a program. @throws InvalidIntegerError */
  integerText(): void {
    this.#value = this.#integer64(this.#rules.integerText(this.#value));
  }

  /**
   * Converts an integer that is text in a program, or accepts a value that is not text.
   *
   * @throws InvalidIntegerError
   */
  integerTextOrOther(): void {
    if (typeof this.#value === "string") this.integerText();
    else this.integerTextOrText();
  }

  /** Converts an integer that is text in a program, or accepts any text, which is sent as text. */
  integerTextOrText(): void {
    if (typeof this.#value === "bigint" || Number.isInteger(this.#value)) this.integerText();
  }

  /** Visits a property, if it exists. */
  property(name: string, part: Conversion): void {
    const value = this.#value;
    if (isObject(value) && Object.hasOwn(value, name)) this.#put(name, value[name], part);
  }

  /** Visits all properties except the declared ones. */
  others(part: Conversion, ...declared: readonly string[]): void {
    const value = this.#value;
    if (!isObject(value)) return;
    for (const [name, other] of Object.entries(value)) {
      if (!declared.includes(name)) this.#put(name, other, part);
    }
  }

  /** Visits an item of an array, if it exists. */
  item(i: number, part: Conversion): void {
    const value = this.#value;
    if (Array.isArray(value) && i < value.length) this.#put(i, value[i], part);
  }

  /** Visits the items of an array. @param from Index of the first one. */
  items(part: Conversion, from = 0): void {
    const value = this.#value;
    if (!Array.isArray(value)) return;
    for (let i = from; i < value.length; i++) this.#put(i, value[i], part);
  }

  /**
   * Visits an object or array of one of several types: a part is converted if it is in any matching
   * type.
   *
   * @throws InvalidDateError or InvalidIntegerError if none matches
   */
  oneOf(kind: "array" | "object", ...parts: readonly Conversion[]): void {
    const value = this.#value;
    if (kind === "array" ? !Array.isArray(value) : !isObject(value)) return;
    let fits = false;
    let misfit: unknown;
    // Without a cache, types that contain themselves would be tried twice as often at each level.
    if (parts.length > 1) this.#known ??= new Map();
    for (const part of parts) {
      const trial = new PayloadPlace(this.#value, this.#rules, this.#parent, this.#name);
      trial.#known = this.#known;
      try {
        part(trial);
        this.#value = trial.#value;
        fits = true;
      } catch (error) {
        if (error !== MISFIT && !isInvalid(error)) throw error;
        if (error !== MISFIT) misfit ??= error;
      }
    }
    if (!fits && misfit !== undefined) throw misfit;
  }

  /** Visits one type of {@link oneOf}, selected by the value of a property. */
  where(name: string, values: readonly unknown[], part: Conversion): void {
    const value = this.#value;
    if (!isObject(value) || !values.includes(value[name])) throw MISFIT;
    part(this);
  }

  #integer64(value: unknown): unknown {
    if (value === undefined) throw new InvalidIntegerError(this.path, this.#value);
    return value;
  }

  #put(name: string | number, old: unknown, part: Conversion): void {
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
  #turned(name: string | number, old: unknown, part: Conversion): unknown {
    // The most frequent numbers are alike in all forms.
    if ((part === integer || part === float) && typeof old === "number" && (old | 0) === old) {
      return old;
    }
    const known = typeof old === "object" && old !== null ? this.#known : undefined;
    const before = known?.get(part)?.get(old);
    if (before !== undefined) {
      if ("error" in before) throw before.error;
      return before.value;
    }
    const place = new PayloadPlace(old, this.#rules, this, name);
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

function note(known: Known, part: Conversion, value: unknown, outcome: Outcome): void {
  const outcomes = known.get(part);
  if (outcomes === undefined) known.set(part, new Map([[value, outcome]]));
  else outcomes.set(value, outcome);
}

function isInvalid(error: unknown): boolean {
  return error instanceof InvalidDateError || error instanceof InvalidIntegerError;
}

/** Checks for an object that is written property by property, without its own `toJSON`. */
function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return typeof (value as { readonly toJSON?: unknown }).toJSON !== "function";
}

/** A date, see {@link PayloadPlace.date}. */
export const dateTime: Conversion = (at) => at.date();

/** A date or null, for example; see {@link PayloadPlace.dateOrOther}. */
export const dateTimeOrOther: Conversion = (at) => at.dateOrOther();

/** A date or any text, see {@link PayloadPlace.dateOrText}. */
export const dateTimeOrText: Conversion = (at) => at.dateOrText();

/** A date that is text in a program. */
export const dateText: Conversion = (at) => at.dateText();

/** An integer that is a number in a program. */
export const integer: Conversion = (at) => at.integer();

/** Any number. */
export const float: Conversion = (at) => at.number();

/** An integer that is a bigint in a program. */
export const bigInt: Conversion = (at) => at.bigInt();

/** A bigint or null, for example; see {@link PayloadPlace.bigIntOrOther}. */
export const bigIntOrOther: Conversion = (at) => at.bigIntOrOther();

/** An integer that is text in a program. */
export const integerText: Conversion = (at) => at.integerText();

/** An integer as text or null, for example; see {@link PayloadPlace.integerTextOrOther}. */
export const integerTextOrOther: Conversion = (at) => at.integerTextOrOther();

/** An integer as text or any text, see {@link PayloadPlace.integerTextOrText}. */
export const integerTextOrText: Conversion = (at) => at.integerTextOrText();

/** A type without converted parts, among others that have some. */
export const unconverted: Conversion = () => {};
