import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Account, type ClaimsData, decode } from "@nats-io/jwt";

/** JWTs of an earlier run, which differ from new ones at least in their date. */
export class EarlierTokens {
  readonly #known: { readonly token: string; readonly claims: ClaimsData<unknown> }[] = [];

  /** @param texts Texts that contain JWTs; undefined for missing files. */
  constructor(...texts: readonly (string | undefined)[]) {
    for (const token of texts.join("\n").match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? []) {
      const claims = readToken(token);
      if (claims !== undefined) this.#known.push({ token, claims });
    }
  }

  /** Returns the latest JWT with the same content, or the new one if there is none. */
  orNew(token: string): string {
    return this.#same(token) ?? token;
  }

  /**
   * Returns the latest JWT with the same content. If there is none, returns a new one with a later
   * date than all others: dates have whole seconds, and servers keep the later JWT.
   *
   * @param make Creates the JWT again.
   */
  async orLater(make: () => Promise<string>): Promise<string> {
    const token = await make();
    const same = this.#same(token);
    if (same !== undefined) return same;
    const latest = this.#of(readToken(token)?.sub ?? "")[0]?.claims.iat ?? 0;
    const ahead = (latest + 1) * 1_000 - Date.now();
    // Does not wait if a clock was wrong.
    if (ahead <= 0 || ahead > 1_000) return token;
    await setTimeout(ahead);
    return make();
  }

  /**
   * Claims of the latest JWT of an account; undefined if there is none.
   *
   * @param operator The only accepted signer. Anyone who can change committed files could insert
   * their own JWT.
   */
  account(publicKey: string, operator: string): Partial<Account> | undefined {
    const latest = this.#of(publicKey).find(({ claims }) => claims.iss === operator);
    return latest?.claims.nats as Partial<Account> | undefined;
  }

  #same(token: string): string | undefined {
    const claims = readToken(token);
    if (claims === undefined) return undefined;
    const wanted = dateless(claims);
    return this.#of(claims.sub).find((each) => isDeepStrictEqual(dateless(each.claims), wanted))
      ?.token;
  }

  #of(subject: string) {
    return this.#known
      .filter(({ claims }) => claims.sub === subject)
      .sort((a, b) => b.claims.iat - a.claims.iat);
  }
}

/** Reads a JWT. @returns Undefined if it is not a JWT, or not signed by its issuer. */
export function readToken<T>(token: string): ClaimsData<T> | undefined {
  try {
    return decode<T>(token);
  } catch {
    return undefined;
  }
}

/** The JWT of a credentials file. */
export function tokenOf(credentials: string): string {
  return /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(credentials)?.[0] ?? "";
}

function dateless({ iat: _, jti: __, ...claims }: ClaimsData<unknown>): object {
  return claims;
}
