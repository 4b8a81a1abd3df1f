import { isIP, type Socket } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { BOOLEAN, type Kind, STRING } from "../arguments.js";
import { InvalidArgumentError } from "../errors.js";
import type { NatsTlsOptions } from "./tls-options.js";

/** PEM text, or its bytes. */
const PEM: Kind = {
  words: "PEM text or bytes",
  is: (value) => typeof value === "string" || value instanceof Uint8Array,
};

/** One PEM text, or several. */
const PEMS: Kind = {
  words: "PEM text or bytes, or an array of them",
  is: (value) => (Array.isArray(value) ? value.every(PEM.is) : PEM.is(value)),
};

/** Kinds of the members of `tls`. */
const TLS_KINDS = {
  ca: PEMS,
  caFile: STRING,
  cert: PEM,
  certFile: STRING,
  key: PEM,
  keyFile: STRING,
  passphrase: STRING,
  servername: STRING,
  rejectUnauthorized: BOOLEAN,
  handshakeFirst: BOOLEAN,
} as const satisfies { readonly [N in keyof Required<NatsTlsOptions>]: Kind };

/**
 * Checks options before they are used. Errors do not show values, which may be keys.
 *
 * @param tls The value of the option `tls`.
 * @throws InvalidArgumentError naming the option.
 */
export function checkTls(tls: NatsTlsOptions): void {
  if (Array.isArray(tls)) {
    throw new InvalidArgumentError('The option "tls" must be an object, not an array.');
  }
  for (const [name, value] of Object.entries(tls)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(TLS_KINDS, name)) {
      throw new InvalidArgumentError(
        `There is no option "tls.${name}". The options are ${Object.keys(TLS_KINDS).sort().join(", ")}.`,
      );
    }
    const kind: Kind = TLS_KINDS[name as keyof typeof TLS_KINDS];
    if (kind.is(value)) continue;
    throw new InvalidArgumentError(
      `The option "tls.${name}" must be ${kind.words}, not ${value === null ? "null" : typeof value}.`,
    );
  }
}

type Encryption = Pick<
  ConnectionOptions,
  "ca" | "cert" | "key" | "passphrase" | "rejectUnauthorized" | "servername"
>;

/**
 * Encrypts an open stream.
 *
 * @param socket The stream.
 * @param options The options of the encryption.
 * @param host The name of the host, which the certificate must contain.
 * @returns The encrypted stream. Rejects with the problem of the certificate, or with
 * InvalidArgumentError if a file cannot be read.
 */
export async function encrypt(
  socket: Socket,
  options: NatsTlsOptions,
  host: string,
): Promise<TLSSocket> {
  const connection = { ...(await tlsConnectionOptions(options, host)), socket, host };
  // Loaded on demand: it costs programs without encryption 11 to 24 ms at start.
  const { connect } = await import("node:tls");
  return new Promise((resolve, reject) => {
    const encrypted = connect(connection, () => {
      encrypted.off("error", reject);
      resolve(encrypted);
    });
    encrypted.once("error", reject);
    encrypted.once("close", () => reject(new Error("the server ended the TLS handshake")));
  });
}

/**
 * @param options The options of the encryption.
 * @param host The name of the host, which the certificate must contain.
 * @returns The options of Node.js, with the content of the files.
 */
export async function tlsConnectionOptions(
  options: NatsTlsOptions,
  host: string,
): Promise<Encryption> {
  const { caFile, certFile, keyFile, ...given } = options;
  const connection: Encryption = {};
  for (const name of ["ca", "cert", "key", "passphrase", "rejectUnauthorized"] as const) {
    if (given[name] !== undefined) Object.assign(connection, { [name]: given[name] });
  }
  const servername = given.servername ?? (isIP(host) === 0 ? host : undefined);
  if (servername !== undefined) connection.servername = servername;
  if (caFile !== undefined) connection.ca = await readPem("caFile", caFile);
  if (certFile !== undefined) connection.cert = await readPem("certFile", certFile);
  if (keyFile !== undefined) connection.key = await readPem("keyFile", keyFile);
  return connection;
}

async function readPem(option: string, path: string): Promise<Buffer> {
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(path);
  } catch (cause) {
    throw new InvalidArgumentError(`The file ${path} ("tls.${option}") cannot be read.`, { cause });
  }
}
