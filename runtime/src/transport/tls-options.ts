// A file of its own, so that the types of the package need none of Node.js.

/** How a connection is encrypted. PEM texts are given themselves, or by the path of a file. */
export interface NatsTlsOptions {
  /** Certificates of the authorities to trust, instead of the well-known ones. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** A file with such certificates. */
  readonly caFile?: string;
  /** The client's own certificate, where the server asks for one. */
  readonly cert?: string | Uint8Array;
  /** A file with the client's certificate. */
  readonly certFile?: string;
  /** The private key of the client's certificate. */
  readonly key?: string | Uint8Array;
  /** A file with that key. */
  readonly keyFile?: string;
  /** The password of an encrypted key. */
  readonly passphrase?: string;
  /** The name that the server's certificate must have; the host's by default. */
  readonly servername?: string;
  /** `false` accepts any certificate: for development only. */
  readonly rejectUnauthorized?: boolean;
  /** Encrypts before the server says anything, as servers with `handshake_first` want it. */
  readonly handshakeFirst?: boolean;
}
