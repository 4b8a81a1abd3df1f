import { InvalidArgumentError } from "../errors.js";
import { uniqueId } from "../protocol/unique-id.js";
import type { Correlation } from "./correlation.js";
import { type Location, parseLocation, textAt, withText } from "./location.js";
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
  location: Location,
  fills = true,
): Message<T, H> {
  const place = parseLocation(location);
  const { isHeader, steps } = place;
  const { headerCodec } = message;
  if (isHeader && fills && headerCodec === undefined) {
    throw new InvalidArgumentError(`"${location}" is not one of the message's typed headers.`);
  }
  const put = (into: unknown): unknown =>
    fills ? withText(into, steps, (old) => old ?? uniqueId()) : into;
  const correlation: Correlation = {
    read: (value, headers) => textAt(place, value, headers),
    fill: (value, headers) =>
      isHeader ? { message: value, headers: put(headers ?? {}) } : { message: put(value), headers },
  };
  return { ...over(message), ...(headerCodec && { headerCodec }), correlation };
}
