import { ProtocolError } from "../errors.js";

/**
 * The server's description of itself in INFO.
 *
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol#info
 */
export interface ServerInfo {
  /** The server's unique id. */
  readonly server_id: string;
  /** The server's name. */
  readonly server_name?: string;
  /** The server's version. */
  readonly version: string;
  /** The protocol version; 1 means that it sends INFO again when the cluster changes. */
  readonly proto: number;
  /** The address on which it listens. */
  readonly host: string;
  /** The port on which it listens. */
  readonly port: number;
  /** `true` if the server supports headers. */
  readonly headers: boolean;
  /** Maximum number of bytes of headers and payload together. */
  readonly max_payload: number;
  /** The id of this connection on the server. */
  readonly client_id?: number;
  /** The address from which the server sees this client. */
  readonly client_ip?: string;
  /** `true` if the server requires credentials. */
  readonly auth_required?: boolean;
  /** `true` if the server requires TLS. */
  readonly tls_required?: boolean;
  /** `true` if the server offers TLS. */
  readonly tls_available?: boolean;
  /** The challenge that an nkey signs. */
  readonly nonce?: string;
  /** The cluster's name. */
  readonly cluster?: string;
  /** Addresses of the cluster's servers, `host:port`. */
  readonly connect_urls?: readonly string[];
  /** `true` if the server is about to shut down (lame duck mode). */
  readonly ldm?: boolean;
  /** `true` if JetStream is enabled. */
  readonly jetstream?: boolean;
}

/**
 * Parses the JSON of INFO.
 *
 * @throws ProtocolError if it is not an INFO of a NATS server.
 */
export function parseServerInfo(json: string): ServerInfo {
  let info: unknown;
  try {
    info = JSON.parse(json);
  } catch (cause) {
    throw new ProtocolError("The server's INFO is not JSON. Is this a NATS server?", { cause });
  }
  if (typeof info !== "object" || info === null) {
    throw new ProtocolError("The server's INFO is not an object. Is this a NATS server?");
  }
  const { max_payload: maxPayload } = info as Partial<ServerInfo>;
  if (typeof maxPayload !== "number" || !(maxPayload >= 0)) {
    throw new ProtocolError("The server's INFO has no max_payload. Is this a NATS server?");
  }
  return info as ServerInfo;
}
