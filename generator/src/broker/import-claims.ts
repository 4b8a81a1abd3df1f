import type { Export, Import } from "@nats-io/jwt";
import type { Import as BrokerImport } from "../roles/import.js";

/**
 * Converts an import to a claim.
 *
 * @param account The public key of the account that exports.
 */
export function importClaim(
  { kind, subject, local = subject }: BrokerImport,
  account: string,
): Import {
  return { name: subject, subject, type: kind, account, local_subject: local };
}

/** Converts an export to a claim. An importing account has a JWT of the operator, so it needs no token. */
export function exportClaim({
  kind,
  subject,
  manyReplies,
}: Pick<BrokerImport, "kind" | "subject" | "manyReplies">): Export {
  return {
    name: subject,
    subject,
    type: kind,
    ...(kind === "service" && { response_type: manyReplies ? "Stream" : "Singleton" }),
  };
}

/** Imports or exports without those that another one repeats. */
export function distinct<T extends Import | Export>(claims: readonly T[]): T[] {
  const key = ({ type, subject, ...claim }: T): string =>
    JSON.stringify([
      type,
      subject,
      "local_subject" in claim && claim.local_subject,
      "account" in claim && claim.account,
    ]);
  return [...new Map(claims.map((each) => [key(each), each])).values()];
}
