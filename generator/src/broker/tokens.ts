import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Account, type ClaimsData, decode } from "@nats-io/jwt";

/** Tokens of an earlier run, which differ from new ones by their date at least. */
export class EarlierTokens {
  readonly #known: { readonly token: string; readonly claims: ClaimsData<unknown> }[] = [];

  /** @param texts What holds them; undefined for what is not there. */
  constructor(...texts: readonly (string | undefined)[]) {
    for (const token of texts.join("\n").match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? []) {
      const claims = readToken(token);
      if (claims !== undefined) this.#known.push({ token, claims });
    }
  }

  /** The latest token that says the same; the new one where there is none. */
  orNew(token: string): string {
    return this.#same(token) ?? token;
  }

  /**
   * The latest token that says the same; else a new one, later than all: they are dated in whole seconds, and
   * servers keep the later one.
   *
   * @param make Makes it anew.
   */
  async orLater(make: () => Promise<string>): Promise<string> {
    const token = await make();
    const same = this.#same(token);
    if (same !== undefined) return same;
    const latest = this.#of(readToken(token)?.sub ?? "")[0]?.claims.iat ?? 0;
    const ahead = (latest + 1) * 1_000 - Date.now();
    // A clock that was wrong once is not waited for.
    if (ahead <= 0 || ahead > 1_000) return token;
    await setTimeout(ahead);
    return make();
  }

  /**
   * What the latest token of an account says; undefined where there is none.
   *
   * @param operator Whose word counts. Whoever may change what is committed could put in a token of his own.
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

/** Reads a token. @returns Undefined where it is none, or is not signed by whom it says. */
export function readToken<T>(token: string): ClaimsData<T> | undefined {
  try {
    return decode<T>(token);
  } catch {
    return undefined;
  }
}

/** The token of a credentials file. */
export function tokenOf(credentials: string): string {
  return /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(credentials)?.[0] ?? "";
}

function dateless({ iat: _, jti: __, ...claims }: ClaimsData<unknown>): object {
  return claims;
}
