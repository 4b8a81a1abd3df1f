// In its own file, so that the package's types need no types of Node.js.

/** Encryption of a connection. PEM texts can be passed directly, or as the path of a file. */
export interface NatsTlsOptions {
  /** Certificates of the authorities to trust instead of the well-known ones. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Path of a file with such certificates. */
  readonly caFile?: string;
  /** The client's own certificate, for servers that ask for one. */
  readonly cert?: string | Uint8Array;
  /** Path of a file with the client's certificate. */
  readonly certFile?: string;
  /** The private key of the client's certificate. */
  readonly key?: string | Uint8Array;
  /** Path of a file with that key. */
  readonly keyFile?: string;
  /** The password of an encrypted key. */
  readonly passphrase?: string;
  /** The name that the server's certificate must have; default: the name of the host. */
  readonly servername?: string;
  /** `false` accepts any certificate: for development only. */
  readonly rejectUnauthorized?: boolean;
  /** Encrypts before the server sends INFO, as servers with `handshake_first` require. */
  readonly handshakeFirst?: boolean;
}
