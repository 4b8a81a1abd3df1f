import { decodeUtf8 } from "../buffers/bytes.js";
import { InvalidHeaderError, ServiceError } from "../errors.js";

/** Values from which headers can be created. */
export type NatsHeadersInit =
  | NatsHeaders
  | Iterable<readonly [name: string, value: string]>
  | { readonly [name: string]: string | readonly string[] };

const VERSION = "NATS/1.0";

/** Error text for a message with headers on a server without header support. */
export const HEADERS_UNSUPPORTED =
  "The server does not support headers. Send the message without them.";

/** Header that marks a reply as a service error. @see ADR-32, service errors */
export const SERVICE_ERROR = "Nats-Service-Error";
/** Header with the code of a {@link SERVICE_ERROR}. */
export const SERVICE_ERROR_CODE = "Nats-Service-Error-Code";

/**
 * The headers of a message: names are case-sensitive and may have several values.
 *
 * ```ts
 * const headers = new NatsHeaders({ "Trace-Id": "7f3a" });
 * headers.append("Via", "gateway-1");
 * nats.post("game.chat", "hello", { headers });
 * ```
 *
 * @see ADR-4, NATS message headers
 */
export class NatsHeaders implements Iterable<[name: string, value: string]> {
  /** The status that the server sets on its own messages, for example 503; 0 on all others. */
  readonly status: number;

  /** The text that belongs to {@link status}. */
  readonly description: string;

  readonly #values = new Map<string, string[]>();

  /**
   * @param init Names with their values.
   * @param status @internal
   * @param description @internal
   * @throws InvalidHeaderError
   */
  constructor(init?: NatsHeadersInit, status = 0, description = "") {
    this.status = status;
    this.description = description;
    if (init === undefined) return;
    if (typeof init !== "object" || init === null) {
      throw new InvalidHeaderError(
        `Headers must be an object or pairs, not ${init === null ? "null" : typeof init}.`,
      );
    }
    if (Symbol.iterator in init) {
      for (const pair of init) {
        if (!Array.isArray(pair)) throw notAPair(pair);
        this.append(pair[0], pair[1]);
      }
    } else {
      for (const [name, value] of Object.entries(init)) {
        if (!Array.isArray(value)) this.append(name, value as string);
        else for (const one of value) this.append(name, one);
      }
    }
  }

  /** @param name A name, case-sensitive. @returns Its first value; `undefined` if it has none. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  /** @param name A name, case-sensitive. @returns All its values, in order. */
  values(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** @param name A name, case-sensitive. @returns `true` if it has a value. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /**
   * Replaces all values of a name with one value.
   *
   * @param name Printable ASCII without space or ":".
   * @param value Text without line breaks; receivers trim it.
   * @throws InvalidHeaderError
   */
  set(name: string, value: string): this {
    this.#values.set(checkName(name), [checkValue(name, value)]);
    return this;
  }

  /**
   * Adds a value to a name.
   *
   * @param name Printable ASCII without space or ":".
   * @param value Text without line breaks; receivers trim it.
   * @throws InvalidHeaderError
   */
  append(name: string, value: string): this {
    const values = this.#values.get(name);
    if (values === undefined) return this.set(name, value);
    values.push(checkValue(name, value));
    return this;
  }

  /** @param name A name, case-sensitive. @returns `true` if the name had a value. */
  delete(name: string): boolean {
    return this.#values.delete(name);
  }

  /** Number of names. */
  get size(): number {
    return this.#values.size;
  }

  *[Symbol.iterator](): Generator<[name: string, value: string], void> {
    for (const [name, values] of this.#values) for (const value of values) yield [name, value];
  }

  /**
   * The headers in their wire format, including the final blank line.
   *
   * @internal
   */
  encode(): string {
    let text = `${VERSION}\r\n`;
    // Hot: the iterator of this class would be a third slower.
    for (const [name, values] of this.#values) {
      for (const value of values) text += `${name}: ${value}\r\n`;
    }
    return `${text}\r\n`;
  }
}

/**
 * @internal
 * @param subject Subject of the request.
 * @returns The service error in the headers of a reply; `undefined` if there is none.
 */
export function serviceErrorIn(headers: NatsHeaders, subject: string): ServiceError | undefined {
  // One of the two is enough: not every responder sends both.
  const description = headers.get(SERVICE_ERROR);
  const code = headers.get(SERVICE_ERROR_CODE);
  if (description === undefined && code === undefined) return undefined;
  const status = Number.parseInt(code ?? "", 10);
  return new ServiceError(subject, Number.isNaN(status) ? 500 : status, description ?? "");
}

/**
 * @internal
 * @returns The headers created from any accepted form; `undefined` if there are none to send.
 */
export function toHeaders(init: NatsHeadersInit | undefined): NatsHeaders | undefined {
  if (init === undefined) return undefined;
  const headers = init instanceof NatsHeaders ? init : new NatsHeaders(init);
  return headers.size === 0 ? undefined : headers;
}

/**
 * @internal
 * @param init Headers of a call.
 * @param own Headers that the serializer adds; they override the others.
 */
export function mergeHeaders(
  init: NatsHeadersInit | undefined,
  own: NatsHeadersInit | undefined,
): NatsHeaders | undefined {
  if (own === undefined) return toHeaders(init);
  if (init === undefined) return toHeaders(own);
  const headers = new NatsHeaders(init);
  for (const [name, text] of new NatsHeaders(own)) headers.set(name, text);
  return toHeaders(headers);
}

/**
 * Reads headers from the wire. Skips lines without a colon and trims values, as the official
 * clients do.
 *
 * @internal
 * @param buffer The read buffer.
 * @param start The first byte of the version line.
 * @param end One past the final blank line.
 */
export function parseHeaders(buffer: Uint8Array, start: number, end: number): NatsHeaders {
  const lines = decodeUtf8(buffer, start, end).split("\r\n");
  const line = lines[0]!;
  const status = line.startsWith(VERSION) ? line.slice(VERSION.length).trim() : "";
  const code = Number.parseInt(status.slice(0, 3), 10);
  const headers = new NatsHeaders(
    undefined,
    Number.isNaN(code) ? 0 : code,
    Number.isNaN(code) ? "" : status.slice(3).trim(),
  );
  for (let i = 1; i < lines.length; i++) {
    const header = lines[i]!;
    const colon = header.indexOf(":");
    if (colon <= 0) continue;
    const name = header.slice(0, colon);
    const value = header.slice(colon + 1).trim();
    if (isName(name) && isValue(value)) headers.append(name, value);
  }
  return headers;
}

/** Checks a header name: printable ASCII without a colon (ADR-4). */
function isName(name: string): boolean {
  return /^[!-9;-~]+$/.test(name);
}

function isValue(value: string): boolean {
  return !/[\r\n]/.test(value);
}

function notAPair(value: unknown): InvalidHeaderError {
  return new InvalidHeaderError(
    `Each header must be a pair of name and value, not ${value === null ? "null" : typeof value}.`,
  );
}

function checkName(name: string): string {
  if (typeof name === "string" && isName(name)) return name;
  throw new InvalidHeaderError(
    `${JSON.stringify(name)} is not a header name: it must be printable ASCII without space or ":".`,
  );
}

function checkValue(name: string, value: string): string {
  if (typeof value === "string" && isValue(value)) return value;
  throw new InvalidHeaderError(
    `The header ${JSON.stringify(name)} has the invalid value ${JSON.stringify(value)}: it must be a string without line breaks.`,
  );
}
