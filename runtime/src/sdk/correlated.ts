import { InvalidArgumentError } from "../errors.js";
import { uniqueId } from "../protocol/unique-id.js";
import type { Correlation } from "./correlation.js";
import { type Message, over } from "./message.js";

/**
 * Creates a message with a correlation id: `received.correlationId` for the receiver, and a
 * generated one for requests without an id.
 *
 * ```ts
 * const question = correlated(json<Question>(), "$message.payload#/meta/id");
 * ```
 *
 * @param message The codec. An id that is filled in as a header must be one of its typed headers.
 * @param location Place of the id: a header's name, or a JSON pointer into the payload.
 * @param fills `true` to generate an id for requests without one.
 * @throws InvalidArgumentError
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0#correlationIdObject
 */
export function correlated<T, H>(
  message: Message<T, H>,
  location: `$message.${"header" | "payload"}#/${string}`,
  fills = true,
): Message<T, H> {
  const [part, pointer = ""] = location.split("#");
  const steps = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const { headerCodec } = message;
  const isHeader = part === "$message.header";
  if (steps.length === 0 || (isHeader && steps.length > 1)) {
    throw new InvalidArgumentError(`"${location}" is not a place in a message.`);
  }
  if (isHeader && fills && headerCodec === undefined) {
    throw new InvalidArgumentError(`"${location}" is not one of the message's typed headers.`);
  }
  const put = (into: unknown): unknown => (fills ? filled(into, steps) : into);
  const correlation: Correlation = {
    read: (value, headers) => asText(isHeader ? headers?.get(steps[0]!) : valueAt(value, steps)),
    fill: (value, headers) =>
      isHeader ? { message: value, headers: put(headers ?? {}) } : { message: put(value), headers },
  };
  return { ...over(message), ...(headerCodec && { headerCodec }), correlation };
}

function asText(id: unknown): string | undefined {
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
}

function child(value: unknown, step: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as { readonly [step: string]: unknown })[step];
}

function valueAt(value: unknown, steps: readonly string[]): unknown {
  return steps.reduce(child, value);
}

/**
 * Returns a copy with an id; the value itself if it has one, or if the object at its place is
 * missing.
 */
function filled(value: unknown, [step = "", ...rest]: readonly string[]): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const old = child(value, step);
  const put = rest.length > 0 ? filled(old, rest) : (old ?? uniqueId());
  return put === old ? value : { ...value, [step]: put };
}
