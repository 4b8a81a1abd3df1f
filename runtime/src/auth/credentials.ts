import { typeOf } from "../arguments.js";

/** A user's name and password. */
export interface UserCredentials {
  /** The name. */
  readonly user: string;
  /** The password; empty without it. */
  readonly pass?: string;
}

/** A token that all clients share. */
export interface TokenCredentials {
  /** The token. */
  readonly token: string;
}

/** An nkey: the seed signs what the server asks, and never leaves this process. */
export interface NkeyCredentials {
  /** The seed, beginning with `SU`. */
  readonly seed: string;
}

/** A user's JWT, with the seed that proves it is this user's; a bearer's JWT needs none. */
export interface JwtCredentials {
  /** The JWT, as `nsc` gives it. */
  readonly jwt: string;
  /** The seed, beginning with `SU`. */
  readonly seed?: string;
}

/** A credentials file, holding a JWT and a seed: its text or its path. */
export type FileCredentials = { readonly creds: string } | { readonly credsFile: string };

/**
 * The fields of CONNECT that say who the client is.
 *
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol#connect
 */
export interface ConnectCredentials {
  /** A user's name. */
  readonly user?: string;
  /** That user's password. */
  readonly pass?: string;
  /** A token. */
  readonly auth_token?: string;
  /** The public key of an nkey, beginning with `U`. */
  readonly nkey?: string;
  /** A user's JWT. */
  readonly jwt?: string;
  /** The server's nonce, signed, as Base64 for URLs. */
  readonly sig?: string;
}

/** A key that this process does not hold: whoever holds it answers the server. */
export interface SignedCredentials {
  /** @param nonce What the server asks to sign, where it does. @returns What CONNECT carries. */
  readonly sign: (nonce: string | undefined) => ConnectCredentials | Promise<ConnectCredentials>;
}

/** Who this client is. */
export type NatsCredentials =
  | UserCredentials
  | TokenCredentials
  | NkeyCredentials
  | JwtCredentials
  | FileCredentials
  | SignedCredentials;

/** All members that credentials of any form have. */
export interface CredentialMembers
  extends Partial<
    UserCredentials & TokenCredentials & NkeyCredentials & JwtCredentials & SignedCredentials
  > {
  readonly creds?: string;
  readonly credsFile?: string;
}

type Member = keyof CredentialMembers;

/** Which members each form of credentials has, the one that makes it that form first. */
const FORMS: readonly (readonly [form: Member, ...others: Member[]])[] = [
  ["sign"],
  ["user", "pass"],
  ["token"],
  ["credsFile"],
  ["creds"],
  ["jwt", "seed"],
  ["seed"],
];
const MEMBERS: ReadonlySet<Member> = new Set(FORMS.flat());

/**
 * Looks at credentials before they are used. A member that is `undefined`, as a variable of the environment
 * that is not set, counts as none.
 *
 * @param credentials What was given for credentials.
 * @returns What is wrong with them, without showing any of them; `undefined` when nothing is.
 */
export function wrongCredentials(credentials: unknown): string | undefined {
  if (typeof credentials !== "object" || credentials === null) {
    return `credentials are an object, not ${typeOf(credentials)}.`;
  }
  const members: CredentialMembers = credentials;
  const names = [...MEMBERS].filter((name) => members[name] !== undefined);
  const form = FORMS.find(([first]) => names.includes(first));
  if (form === undefined) {
    return "credentials hold user and pass, token, seed, jwt and seed, creds, credsFile or sign. Is a variable not set?";
  }
  for (const name of names) {
    if (!form.includes(name)) return `"${name}" does not go with "${form[0]}".`;
    const type = typeof members[name];
    const wanted = name === "sign" ? "function" : "string";
    if (type !== wanted) return `"${name}" must be a ${wanted}, not ${type}.`;
  }
  return undefined;
}

/**
 * Credentials, or a function that is asked for them at every attempt to connect; it may be asynchronous.
 *
 * @param server The address of the server, without its own user information.
 */
export type NatsAuthenticator =
  | NatsCredentials
  | ((server: string) => NatsCredentials | undefined | Promise<NatsCredentials | undefined>);
