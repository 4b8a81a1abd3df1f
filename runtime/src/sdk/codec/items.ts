import { dateTimeText, parseDateTime } from "../date-time.js";

/** Writer of scalars in any format. */
interface ScalarWriter {
  string(value: string): void;
  number(value: number): void;
  bigInt(value: bigint): void;
  integerText(value: string): void;
  boolean(value: boolean): void;
  scalar(value: string | number | boolean | null): void;
  refuse(): void;
}

/** Writer of a format with its own form of integers. */
interface IntegerWriter {
  integer(value: number): void;
  integerScalar(value: string | number | boolean | null): void;
}

/**
 * Reader of scalars in any format. Types are inferred from the assigned property, which may be
 * optional. Before TypeScript 6 this fails if the constraint excludes `undefined`.
 */
interface ScalarReader {
  string<T extends string | undefined>(): T;
  number<T extends number | undefined>(): T;
  bigInt<T extends bigint | undefined>(): T;
  integerText<T extends string | undefined>(): T;
  boolean<T extends boolean | undefined>(): T;
  scalar<T extends string | number | boolean | null | undefined>(): T;
  fail(): void;
}

/** Writes an item of an array of strings. */
export function writeString(value: string, to: ScalarWriter): void {
  to.string(value);
}

/** Writes an item of an array of numbers. */
export function writeNumber(value: number, to: ScalarWriter): void {
  to.number(value);
}

/** Writes an item of an array of integers. */
export function writeInteger(value: number, to: IntegerWriter): void {
  to.integer(value);
}

/** Writes an item of an array of bigints. */
export function writeBigInt(value: bigint, to: ScalarWriter): void {
  to.bigInt(value);
}

/** Writes an item of an array of texts, each an integer on the wire. */
export function writeIntegerText(value: string, to: ScalarWriter): void {
  to.integerText(value);
}

/** Writes an item of an array of booleans. */
export function writeBoolean(value: boolean, to: ScalarWriter): void {
  to.boolean(value);
}

/** Writes an item of an array of strings, numbers, booleans and nulls. */
export function writeScalar(value: string | number | boolean | null, to: ScalarWriter): void {
  to.scalar(value);
}

/** Writes an item of an array of strings, integers, booleans and nulls. */
export function writeIntegerScalar(
  value: string | number | boolean | null,
  to: IntegerWriter,
): void {
  to.integerScalar(value);
}

/** Writes an item of an array of dates, each a timestamp of MessagePack. */
export function writeTimestamp(value: Date, to: { date(value: Date): void }): void {
  to.date(value);
}

/** Reads an item of an array of dates, each a timestamp of MessagePack or a `date-time`. */
export function readTimestamp(from: { date(): Date }): Date {
  return from.date();
}

/** Writes a date as a `date-time` of RFC 3339. */
export function writeDate(value: Date, to: ScalarWriter): void {
  const text = dateTimeText(value);
  if (text === undefined) to.refuse();
  else to.string(text);
}

/**
 * Reads an item of an array of strings. Its type is that of the schema, as for every reader; the
 * allowed strings are not checked.
 */
export function readString(from: ScalarReader): never {
  return from.string() as never;
}

/** Reads an item of an array of numbers. */
export function readNumber(from: ScalarReader): never {
  return from.number() as never;
}

/** Reads an item of an array of bigints. */
export function readBigInt(from: ScalarReader): never {
  return from.bigInt() as never;
}

/** Reads an item of an array of texts, each an integer on the wire. */
export function readIntegerText(from: ScalarReader): never {
  return from.integerText() as never;
}

/** Reads an item of an array of booleans. */
export function readBoolean(from: ScalarReader): never {
  return from.boolean() as never;
}

/** Reads an item of an array of strings, numbers, booleans and nulls. */
export function readScalar(from: ScalarReader): never {
  return from.scalar() as never;
}

/** Reads a date, written as a `date-time` of RFC 3339. */
export function readDate(from: ScalarReader): Date {
  const time = parseDateTime(from.string());
  if (Number.isNaN(time)) from.fail();
  return new Date(time);
}
