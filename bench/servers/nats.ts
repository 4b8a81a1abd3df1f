import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, type BrokerOptions, startBroker } from "alternats-broker";
import { generate } from "selfsigned";
import type { Server } from "../work/work.js";

// The contenders that count bytes must not be sent PINGs.
const config = 'ping_interval: "1h"';

/** A nats-server. */
export function startNats(options: Pick<BrokerOptions, "jetStream"> = {}): Promise<Broker> {
  return startBroker({ config, ...options });
}

/** A nats-server that speaks TLS, with a certificate made for it. */
export async function startNatsTls(): Promise<Server & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "alternats-tls-"));
  const { cert, private: key } = await generate([{ name: "commonName", value: "benchmark" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      {
        name: "subjectAltName",
        // nats.js checks for this name, whatever the address.
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  const file = (name: string) => join(folder, name);
  await writeFile(file("cert.pem"), cert);
  await writeFile(file("key.pem"), key);
  const broker = await startBroker({
    config: `${config}\ntls { cert_file: "${file("cert.pem")}", key_file: "${file("key.pem")}" }`,
  });
  await rm(folder, { recursive: true });
  return {
    url: broker.url,
    ca: cert,
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}
