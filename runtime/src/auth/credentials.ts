import { typeOf } from "../arguments.js";

/** A user's name and password. */
export interface UserCredentials {
  readonly user: string;
  /** The password; empty by default. */
  readonly pass?: string;
}

/** A token that several clients share. */
export interface TokenCredentials {
  readonly token: string;
}

/** An nkey: the seed signs the server's nonce, and never leaves this process. */
export interface NkeyCredentials {
  /** The seed, which starts with `SU`. */
  readonly seed: string;
}

/** A user's JWT and the seed that proves it; a bearer JWT needs no seed. */
export interface JwtCredentials {
  /** The JWT, for example from `nsc`. */
  readonly jwt: string;
  /** The seed, which starts with `SU`. */
  readonly seed?: string;
}

/** A credentials file with a JWT and a seed: its text or its path. */
export type FileCredentials = { readonly creds: string } | { readonly credsFile: string };

/**
 * The fields of CONNECT with the client's identity.
 *
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol#connect
 */
export interface ConnectCredentials {
  /** A user's name. */
  readonly user?: string;
  /** The password of the user. */
  readonly pass?: string;
  /** A token. */
  readonly auth_token?: string;
  /** The public key of an nkey, which starts with `U`. */
  readonly nkey?: string;
  /** A user's JWT. */
  readonly jwt?: string;
  /** The signature of the server's nonce in base64url. */
  readonly sig?: string;
}

/** Credentials of a key that another process holds: a function answers the server. */
export interface SignedCredentials {
  /** @param nonce The server's nonce, if it sent one. @returns The fields of CONNECT. */
  readonly sign: (nonce: string | undefined) => ConnectCredentials | Promise<ConnectCredentials>;
}

/** Credentials of a client. */
export type NatsCredentials =
  | UserCredentials
  | TokenCredentials
  | NkeyCredentials
  | JwtCredentials
  | FileCredentials
  | SignedCredentials;

/** All members of all forms of credentials. */
export interface CredentialMembers
  extends Partial<
    UserCredentials & TokenCredentials & NkeyCredentials & JwtCredentials & SignedCredentials
  > {
  readonly creds?: string;
  readonly credsFile?: string;
}

type Member = keyof CredentialMembers;

/** Members of each form of credentials; the first one identifies the form. */
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
 * Checks credentials before they are used. A member with the value `undefined`, for example of a
 * missing environment variable, counts as missing.
 *
 * @param credentials The value of the option.
 * @returns A description of the problem without any secret; `undefined` if there is none.
 */
export function wrongCredentials(credentials: unknown): string | undefined {
  if (typeof credentials !== "object" || credentials === null) {
    return `credentials must be an object, not ${typeOf(credentials)}.`;
  }
  const members: CredentialMembers = credentials;
  const names = [...MEMBERS].filter((name) => members[name] !== undefined);
  const form = FORMS.find(([first]) => names.includes(first));
  if (form === undefined) {
    return "credentials must have user and pass, token, seed, jwt and seed, creds, credsFile or sign. Is a variable not set?";
  }
  for (const name of names) {
    if (!form.includes(name)) return `"${name}" cannot be combined with "${form[0]}".`;
    const type = typeof members[name];
    const wanted = name === "sign" ? "function" : "string";
    if (type !== wanted) return `"${name}" must be a ${wanted}, not ${type}.`;
  }
  return undefined;
}

/**
 * Credentials, or a function that returns them. The engine calls it at every attempt to connect; it
 * may be asynchronous.
 *
 * @param server The address of the server, without its own user information.
 */
export type NatsAuthenticator =
  | NatsCredentials
  | ((server: string) => NatsCredentials | undefined | Promise<NatsCredentials | undefined>);
