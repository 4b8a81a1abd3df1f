import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import {
  type Certificate,
  makeAuthority,
  makeCertificate,
  writeCertificate,
} from "../support/certificates.js";
import { serverSince } from "../support/server-version.js";
import { bothConnects, type Options, rejection } from "./support.js";

let folder: string;
let authority: Certificate;
let server: { certFile: string; keyFile: string };
let client: Certificate & { certFile: string; keyFile: string };
let caFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "alternats-nats-core-"));
  authority = await makeAuthority();
  server = await writeCertificate(folder, "server", await makeCertificate(authority, "localhost"));
  const made = await makeCertificate(authority, "client");
  client = { ...made, ...(await writeCertificate(folder, "client", made)) };
  caFile = (await writeCertificate(folder, "authority", authority)).certFile;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(bothConnects)("%s", (_side, connect) => {
  /** Connects, flushes and closes. */
  const connects = async (options: Options): Promise<void> => {
    const nc = await connect(options);
    await nc.flush();
    await nc.close();
  };

  describe("encryption", () => {
    const config = (more = "") =>
      `tls { cert_file: "${server.certFile}", key_file: "${server.keyFile}", ca_file: "${caFile}", timeout: 5 ${more} }`;

    it("is rejected by a plain server, used if required, and not used if only offered and excluded", async () => {
      await using plain = await startBroker();
      expect(await rejection(connect({ servers: plain.url, tls: {} }))).toEqual(
        expect.stringMatching(/^ConnectionError: server does not support 'tls'/),
      );
      await using required = await startBroker({ config: config() });
      expect(await rejection(connect({ servers: required.url }))).toMatch(
        /self.signed|unable to verify/,
      );
      await using offered = await startBroker({ config: `${config()}\nallow_non_tls: true` });
      await connects({ servers: offered.url, tls: null });
    });

    it("verifies the server, and shows certificates from text and files", async () => {
      await using broker = await startBroker({ config: config(", verify: true") });
      const servers = `localhost:${broker.port}`;
      const { cert, key, certFile, keyFile } = client;
      await connects({ servers, tls: { ca: authority.cert, cert, key } });
      await connects({ servers, tls: { caFile, certFile, keyFile } });
      await connects({ servers, tls: { rejectUnauthorized: false, cert, key } });
      expect(await rejection(connect({ servers, tls: { cert, key } }))).toMatch(
        /unable to verify the first certificate|self.signed certificate in certificate chain/,
      );
      const absent = join(folder, "absent.pem");
      for (const name of ["caFile", "certFile", "keyFile"]) {
        expect(await rejection(connect({ servers, tls: { [name]: absent } }))).toMatch(
          `ConnectionError: ${absent} doesn't exist`,
        );
      }
    });

    it.runIf(serverSince("2.10"))("encrypts before INFO if requested", async () => {
      await using broker = await startBroker({ config: config(", handshake_first: true") });
      await connects({
        servers: `localhost:${broker.port}`,
        tls: { handshakeFirst: true, caFile },
      });
    });
  });
});
