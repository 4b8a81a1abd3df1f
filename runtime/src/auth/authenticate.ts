import { readTextFile } from "#platform";
import { base64Url } from "../buffers/base64-url.js";
import { encodeUtf8 } from "../buffers/bytes.js";
import { AuthorizationError } from "../errors.js";
import {
  type ConnectCredentials,
  type CredentialMembers,
  type NatsCredentials,
  wrongCredentials,
} from "./credentials.js";

/**
 * Converts credentials to the fields of CONNECT, and signs the server's nonce if necessary.
 *
 * @param credentials The client's credentials.
 * @param nonce The nonce of INFO.
 * @throws AuthorizationError, which never contains a secret.
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol#connect
 */
export async function authenticate(
  credentials: NatsCredentials,
  nonce: string | undefined,
): Promise<ConnectCredentials> {
  const wrong = wrongCredentials(credentials);
  if (wrong !== undefined) {
    throw new AuthorizationError(`The authenticator returned invalid credentials: ${wrong}`);
  }
  const members: CredentialMembers = credentials;
  if (members.sign !== undefined) return signed(await members.sign(nonce));
  const { user, pass = "", token, credsFile, creds, jwt, seed } = members;
  if (user !== undefined) return { user, pass };
  if (token !== undefined) return { auth_token: token };
  if (credsFile !== undefined) {
    return authenticate({ creds: await readCredentials(credsFile) }, nonce);
  }
  if (creds !== undefined) return authenticate(parseCredentials(creds), nonce);
  if (jwt !== undefined && seed === undefined) return { jwt };
  return { ...(jwt !== undefined && { jwt }), ...(await sign(seed!, nonce)) };
}

function signed(answer: ConnectCredentials): ConnectCredentials {
  if (typeof answer === "object" && answer !== null) return answer;
  throw new AuthorizationError(
    "sign() must return the fields of CONNECT, for example { jwt, sig }.",
  );
}

async function sign(seed: string, nonce: string | undefined): Promise<ConnectCredentials> {
  if (nonce === undefined) {
    throw new AuthorizationError(
      "The server sent no nonce to sign, because it is not configured for nkeys or JWTs. Use other credentials.",
    );
  }
  const { fromSeed } = await loadNkeys();
  try {
    const pair = fromSeed(encodeUtf8(seed));
    return { nkey: pair.getPublicKey(), sig: base64Url(pair.sign(encodeUtf8(nonce))) };
  } catch {
    // The cause may quote the seed.
    throw new AuthorizationError(
      'The seed is not an nkey seed. The seed of a user starts with "SU".',
    );
  }
}

async function loadNkeys() {
  try {
    return await import("@nats-io/nkeys");
  } catch (cause) {
    throw new AuthorizationError(
      "Signing with an nkey needs the package @nats-io/nkeys: npm install @nats-io/nkeys",
      {
        cause,
      },
    );
  }
}

async function readCredentials(path: string): Promise<string> {
  try {
    return await readTextFile(path);
  } catch (cause) {
    throw new AuthorizationError(
      `The credentials file ${path} cannot be read. Check the path and the file's permissions.`,
      { cause },
    );
  }
}

/** @see https://docs.nats.io/using-nats/developer/connecting/creds */
function parseCredentials(text: string): { jwt: string; seed: string } {
  const section = (name: string): string | undefined =>
    new RegExp(`-+BEGIN ${name}-+\\s+([\\w.=-]+)\\s+-+END ${name}-+`).exec(text)?.[1];
  const jwt = section("NATS USER JWT");
  const seed = section("USER NKEY SEED");
  if (jwt === undefined || seed === undefined) {
    throw new AuthorizationError(
      "These are not credentials: they must contain the sections NATS USER JWT and USER NKEY SEED.",
    );
  }
  return { jwt, seed };
}
