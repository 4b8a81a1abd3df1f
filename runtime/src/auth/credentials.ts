/** A user's name and password. */
export interface UserCredentials {
  readonly user: string;
  readonly pass?: string;
}

/** A token that all clients share. */
export interface TokenCredentials {
  readonly token: string;
}

/** An nkey: the seed signs what the server asks, and never leaves this process. */
export interface NkeyCredentials {
  /** The seed, beginning with `SU`. */
  readonly seed: string;
}

/** A user's JWT, with the seed that proves it is this user's; a bearer's JWT needs none. */
export interface JwtCredentials {
  readonly jwt: string;
  /** The seed, beginning with `SU`. */
  readonly seed?: string;
}

/** A credentials file, holding a JWT and a seed: its text or its path. */
export type FileCredentials = { readonly creds: string } | { readonly credsFile: string };

/** The fields of CONNECT that say who the client is. */
export interface ConnectCredentials {
  readonly user?: string;
  readonly pass?: string;
  readonly auth_token?: string;
  readonly nkey?: string;
  readonly jwt?: string;
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

/**
 * Credentials, or a function that is asked for them at every attempt to connect; it may be asynchronous.
 *
 * @param server The address of the server, without its own user information.
 */
export type NatsAuthenticator =
  | NatsCredentials
  | ((server: string) => NatsCredentials | undefined | Promise<NatsCredentials | undefined>);
