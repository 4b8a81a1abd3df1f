import type { Export, Import } from "@nats-io/jwt";
import type { Import as BrokerImport } from "../roles/import.js";
import { defaultAccount } from "../roles/role.js";
import type { Stranger } from "../roles/strangers.js";
import { distinct, exportClaim, importClaim } from "./import-claims.js";
import type { Secrets } from "./secrets.js";

/** A user that is not trusted and was created at run time, with its part of the platform. */
export interface Guest
  extends Pick<Stranger, "account" | "imports" | "served" | "streams" | "stored"> {
  readonly user: string;
}

/** Selects what is stored of a guest. */
export function guestOf(
  user: string,
  { account, imports, served, streams, stored }: Omit<Guest, "user">,
): Guest {
  return { account, user, imports, served, streams, stored };
}

/** File in the secrets folder with a guest. */
export function guestFile(account: string, user: string): string {
  return `guests/${account}/${user}.json`;
}

/** Reads all users that are not trusted and were created at run time. */
export async function readGuests(secrets: Secrets): Promise<readonly Guest[]> {
  const accounts = await secrets.folders("guests");
  const files = await Promise.all(accounts.map((each) => secrets.list(each)));
  const texts = await Promise.all(files.flat().map((file) => secrets.read(file)));
  return texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as Guest]));
}

/** Imports and exports of an account. */
export interface Exchange {
  readonly imports: Import[];
  readonly exports: Export[];
}

/**
 * Imports and exports that an account has because of guests.
 *
 * @param keyOf Returns the public key of an account; undefined if it does not exist any more.
 */
export function exchangeOf(
  account: string,
  guests: readonly Guest[],
  keyOf: (account: string) => string | undefined,
): Exchange {
  const own = guests.filter((each) => each.account === account);
  const served = account === defaultAccount ? guests.flatMap((each) => each.served) : [];
  const imports = [...own.flatMap((each) => each.imports), ...served].flatMap(
    (each: BrokerImport) => {
      const key = keyOf(each.from);
      return key === undefined ? [] : [importClaim(each, key)];
    },
  );
  return {
    imports: distinct(imports),
    exports: distinct(own.flatMap((each) => each.served.map(exportClaim))),
  };
}

/**
 * Claims of an account after a change of its guests. Other imports and exports stay.
 *
 * @param claims The account's present claims.
 */
export function exchanged(
  claims: Partial<Exchange>,
  before: Exchange,
  after: Exchange,
): Partial<Exchange> {
  const changed = <T extends Import | Export>(
    all: readonly T[] = [],
    old: readonly T[],
    fresh: readonly T[],
  ): T[] => {
    const kept = all.filter((each) => distinct([...old, each]).length > distinct(old).length);
    return distinct([...kept, ...fresh]);
  };
  return {
    imports: changed(claims.imports, before.imports, after.imports),
    exports: changed(claims.exports, before.exports, after.exports),
  };
}
