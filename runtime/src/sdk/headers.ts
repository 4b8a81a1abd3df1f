import { InvalidHeaderError } from "../errors.js";
import type { NatsHeaders, NatsHeadersInit } from "../protocol/headers.js";
import { UnreadableHeaderError } from "./errors.js";

/** Headers of a message without typed headers. */
export type NoHeaders = Record<never, never>;

/** Converts an object to a message's headers and back. */
export interface HeadersCodec<H> {
  /** @throws InvalidHeaderError */
  write(headers: H): NatsHeadersInit;

  /** @throws UnreadableHeaderError */
  read(headers: NatsHeaders | undefined): H;
}

/** Form of a value in a header's text. */
type HeaderKind = "string" | "number" | "boolean" | "json";

/** Form of a value in a header's text; with a question mark for an optional header. */
export type HeaderType = HeaderKind | `${HeaderKind}?`;

/** Forms in which a value can be written. */
type KindOf<V> =
  | "json"
  | (V extends string
      ? "string"
      : V extends number
        ? "number"
        : V extends boolean
          ? "boolean"
          : never);

/** Forms in which the values of `H` can be written. */
export type HeaderTypes<H> = {
  readonly [K in keyof H]-?: undefined extends H[K]
    ? `${KindOf<NonNullable<H[K]>>}?`
    : KindOf<H[K]>;
};

/**
 * Creates a codec for headers. A missing optional header is missing in the object.
 *
 * ```ts
 * interface ShotHeaders { readonly "Trace-Id": string; readonly attempt?: number }
 * const shot = json<Shot, ShotHeaders>(headers({ "Trace-Id": "string", attempt: "number?" }));
 * ```
 *
 * @param types Form of each header, by its name on the wire.
 */
export function headers<H>(types: NoInfer<HeaderTypes<H>>): HeadersCodec<H> {
  const all = Object.entries<HeaderType>(types as { readonly [name: string]: HeaderType }).map(
    ([name, type]) => ({
      name,
      kind: type.replace("?", "") as HeaderKind,
      isOptional: type.endsWith("?"),
    }),
  );
  return {
    write(headers) {
      const values = headers as { readonly [name: string]: unknown };
      const written: [name: string, value: string][] = [];
      for (const { name, kind, isOptional } of all) {
        const value = Object.hasOwn(values, name) ? values[name] : undefined;
        if (value !== undefined || !isOptional) written.push([name, write(name, kind, value)]);
      }
      return written;
    },
    read(headers) {
      const values: [name: string, value: unknown][] = [];
      for (const { name, kind, isOptional } of all) {
        const text = headers?.get(name);
        if (text !== undefined) values.push([name, read(name, kind, text)]);
        else if (!isOptional) throw new UnreadableHeaderError(name, text, EXPECTED[kind]);
      }
      return Object.fromEntries(values) as H;
    },
  };
}

function write(name: string, type: HeaderKind, value: unknown): string {
  const text = type === "json" ? JSON.stringify(value) : String(value);
  const fits = type === "json" ? text !== undefined : typeof value === type;
  if (fits && (type !== "number" || Number.isFinite(value))) return text;
  const what = value === undefined ? "is missing: it must be" : "must be";
  throw new InvalidHeaderError(`The header "${name}" ${what} ${EXPECTED[type]}.`);
}

function read(name: string, type: HeaderKind, text: string): unknown {
  switch (type) {
    case "string":
      return text;
    case "number": {
      const value = Number(text);
      if (text.trim() !== "" && Number.isFinite(value)) return value;
      break;
    }
    case "boolean":
      if (text === "true" || text === "false") return text === "true";
      break;
    case "json":
      try {
        return JSON.parse(text);
      } catch (cause) {
        throw new UnreadableHeaderError(name, text, EXPECTED.json, { cause });
      }
  }
  throw new UnreadableHeaderError(name, text, EXPECTED[type]);
}

const EXPECTED: { readonly [T in HeaderKind]: string } = {
  string: "text",
  number: "a number",
  boolean: '"true" or "false"',
  json: "JSON",
};
