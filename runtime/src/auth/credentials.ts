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

/** Who this client is. */
export type NatsCredentials =
  | UserCredentials
  | TokenCredentials
  | NkeyCredentials
  | JwtCredentials
  | FileCredentials;

/**
 * Credentials, or a function that is asked for them at every attempt to connect; it may be asynchronous.
 *
 * @param server The address of the server, without its own user information.
 */
export type NatsAuthenticator =
  | NatsCredentials
  | ((server: string) => NatsCredentials | undefined | Promise<NatsCredentials | undefined>);
