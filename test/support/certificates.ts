import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";

/** A certificate and its key, as PEM text. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of the tests' own. */
export async function makeAuthority(): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: "commonName", value: "test authority" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { cert, key };
}

/**
 * A certificate for a server or a client on this machine.
 *
 * @param authority Authority that signs it.
 * @param name The host name in it; or the client's name.
 * @param options `addresses`: the IP addresses in it, 127.0.0.1 by default; `expired`: whether it was valid
 *   until yesterday only.
 */
export async function makeCertificate(
  authority: Certificate,
  name: string,
  { addresses = ["127.0.0.1"], expired = false }: { addresses?: string[]; expired?: boolean } = {},
): Promise<Certificate> {
  const day = 24 * 60 * 60 * 1000;
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    ca: authority,
    ...(expired && {
      notBeforeDate: new Date(Date.now() - 2 * day),
      notAfterDate: new Date(Date.now() - day),
    }),
    extensions: [
      {
        name: "subjectAltName",
        altNames: [{ type: 2, value: name }, ...addresses.map((ip) => ({ type: 7 as const, ip }))],
      },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
    ],
  });
  return { cert, key };
}

/** Writes a certificate into a folder. @returns The paths of its two files. */
export async function writeCertificate(
  folder: string,
  name: string,
  { cert, key }: Certificate,
): Promise<{ certFile: string; keyFile: string }> {
  const certFile = join(folder, `${name}.pem`);
  const keyFile = join(folder, `${name}-key.pem`);
  await writeFile(certFile, cert);
  await writeFile(keyFile, key);
  return { certFile, keyFile };
}
