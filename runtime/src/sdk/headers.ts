import { InvalidHeaderError } from "../errors.js";
import type { NatsHeaders, NatsHeadersInit } from "../protocol/headers.js";
import { UnreadableHeaderError } from "./errors.js";

/** The headers of a message that the document gives none. */
export type NoHeaders = Record<never, never>;

/** Turns an object into a message's headers and back. */
export interface HeadersCodec<H> {
  /** @throws InvalidHeaderError */
  write(headers: H): NatsHeadersInit;

  /** @throws UnreadableHeaderError */
  read(headers: NatsHeaders | undefined): H;
}

/** How a header's text is made of a value. */
export type HeaderType = "string" | "number" | "boolean" | "json";

/** The types that the values of `H` can be written as. */
export type HeaderTypes<H> = {
  readonly [K in keyof H]-?:
    | "json"
    | (NonNullable<H[K]> extends string
        ? "string"
        : NonNullable<H[K]> extends number
          ? "number"
          : NonNullable<H[K]> extends boolean
            ? "boolean"
            : never);
};

/**
 * Makes a codec for headers. One that a message does not have is left out of the object.
 *
 * ```ts
 * interface ShotHeaders { readonly "Trace-Id": string; readonly attempt?: number }
 * const shot = json<Shot, ShotHeaders>(headers({ "Trace-Id": "string", attempt: "number" }));
 * ```
 *
 * @param types How each header is written, by its name on the wire.
 */
export function headers<H>(types: NoInfer<HeaderTypes<H>>): HeadersCodec<H> {
  const all = Object.entries<HeaderType>(types as { readonly [name: string]: HeaderType });
  return {
    write(headers) {
      const values = headers as { readonly [name: string]: unknown };
      const written: [name: string, value: string][] = [];
      for (const [name, type] of all) {
        const value = Object.hasOwn(values, name) ? values[name] : undefined;
        if (value !== undefined) written.push([name, write(name, type, value)]);
      }
      return written;
    },
    read(headers) {
      const values: [name: string, value: unknown][] = [];
      for (const [name, type] of all) {
        const text = headers?.get(name);
        if (text !== undefined) values.push([name, read(name, type, text)]);
      }
      return Object.fromEntries(values) as H;
    },
  };
}

function write(name: string, type: HeaderType, value: unknown): string {
  const text = type === "json" ? JSON.stringify(value) : String(value);
  const fits = type === "json" ? text !== undefined : typeof value === type;
  if (fits && (type !== "number" || Number.isFinite(value))) return text;
  throw new InvalidHeaderError(`The header "${name}" must be ${EXPECTED[type]}.`);
}

function read(name: string, type: HeaderType, text: string): unknown {
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

const EXPECTED: { readonly [T in HeaderType]: string } = {
  string: "text",
  number: "a number",
  boolean: '"true" or "false"',
  json: "JSON",
};
