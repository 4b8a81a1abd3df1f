import { InvalidMessageError } from "../errors.js";
import { type Message, over } from "../message.js";

/** Checks a value against a schema, in ajv's standalone code: it leaves its errors in `errors`. */
export interface Check {
  (value: unknown): boolean;
  errors?: readonly CheckIssue[] | null;
}

/** An error of a schema. */
export interface CheckIssue {
  /** Place in the value as a JSON pointer (RFC 6901); empty for the value itself. */
  readonly instancePath: string;
  /** The violated keyword of the schema. */
  readonly keyword: string;
  readonly message?: string;
}

/** Direction of the messages to validate. */
export type When = "receive" | "send" | "both";

/**
 * Creates a message that is validated against its schema.
 *
 * ```ts
 * import { checkChat } from "./validators.js";
 *
 * const chat: Message<Chat> = validated(json(), checkChat, "receive");
 * ```
 *
 * @param message The codec of the message.
 * @param check The validator.
 * @param when Direction of the messages to validate.
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
        const accepted = accept === undefined ? value : accept(value);
        refuse(accepted);
        return accepted;
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
  // ajv has its own name and text for the schema `false`.
  const isForbidden = keyword === "false schema";
  return new InvalidMessageError(
    instancePath,
    // Integers beyond 2^53 have their own variants of keywords.
    isForbidden ? "false" : keyword.replace(/^integer:/, ""),
    isForbidden ? "must not be there" : message,
  );
}
