import { BrokerError, type BrokerErrorCode } from "../broker/errors.js";
import { UsageError } from "./command.js";

/** Additional advice for people at the command line. */
const hints: Readonly<Partial<Record<BrokerErrorCode, string>>> = {
  SECRETS: "The option --secrets names the folder.",
  OUTPUT: "The option --output names the folder.",
  USER_EXISTS: "alternats-gen account revoke-user <account> <user> revokes it.",
  INVALID_SUBJECT: "Without --operator, the subject is allowed.",
};

/** Returns the error as the command line reports it: an error of the broker's libraries becomes a {@link UsageError}. */
export function reported(error: unknown): unknown {
  if (!(error instanceof BrokerError)) return error;
  const hint = hints[error.code];
  const message = hint === undefined ? error.message : `${error.message} ${hint}`;
  return new UsageError(message, { cause: error });
}
