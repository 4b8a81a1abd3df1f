import { InvalidMessageError } from "../errors.js";
import { type Message, over } from "../message.js";

/** Holds a value against a schema, as ajv's standalone code does: it leaves what it found as `errors`. */
export interface Check {
  (value: unknown): boolean;
  errors?: readonly CheckIssue[] | null;
}

/** What a schema says against a value. */
export interface CheckIssue {
  /** Where in the value, as a JSON pointer (RFC 6901); empty for the value itself. */
  readonly instancePath: string;
  /** The keyword of the schema that the value does not fit. */
  readonly keyword: string;
  readonly message?: string;
}

/** Which way messages go that are held against their schema. */
export type When = "receive" | "send" | "both";

/**
 * Makes a message that is held against its schema.
 *
 * ```ts
 * import { checkChat } from "./validators.js";
 *
 * const chat: Message<Chat> = validated(json(), checkChat, "receive");
 * ```
 *
 * @param message How it is written and read.
 * @param check The schema.
 * @param when Which way it is checked.
 */
export function validated<T, H>(message: Message<T, H>, check: Check, when: When): Message<T, H> {
  const refuse = (value: unknown): void => {
    if (!check(value)) throw invalid(check.errors?.[0]);
  };
  const { headerCodec, accept } = message;
  const checked: Message<T, H> = {
    ...over(message),
    ...(when !== "receive" && {
      serialize(value, writer) {
        refuse(value);
        message.serialize(value, writer);
      },
    }),
    ...(when !== "send" && {
      accept(value: unknown) {
        refuse(value);
        return accept === undefined ? value : accept(value);
      },
      deserialize(buffer, start, end, headers) {
        const value = message.deserialize(buffer, start, end, headers);
        refuse(value);
        return value;
      },
    }),
  };
  return headerCodec === undefined ? checked : { ...checked, headerCodec };
}

function invalid(issue: CheckIssue | undefined): InvalidMessageError {
  const {
    instancePath = "",
    keyword = "schema",
    message = "does not fit its schema",
  } = issue ?? {};
  // The schema `false` has a name and words of ajv's own.
  const isForbidden = keyword === "false schema";
  return new InvalidMessageError(
    instancePath,
    isForbidden ? "false" : keyword,
    isForbidden ? "must not be there" : message,
  );
}
