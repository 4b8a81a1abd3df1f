import { ProtocolError } from "../errors.js";

/**
 * What the server says of itself in INFO.
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
  /** Whether it understands headers. */
  readonly headers: boolean;
  /** Bytes of headers and payload together that it takes at most. */
  readonly max_payload: number;
  /** The number of this connection on the server. */
  readonly client_id?: number;
  /** The address from which the server sees this client. */
  readonly client_ip?: string;
  /** Whether credentials are needed. */
  readonly auth_required?: boolean;
  /** Whether TLS is needed. */
  readonly tls_required?: boolean;
  /** Whether TLS is offered. */
  readonly tls_available?: boolean;
  /** What an nkey signs. */
  readonly nonce?: string;
  /** The cluster's name. */
  readonly cluster?: string;
  /** Addresses of the cluster's servers, `host:port`. */
  readonly connect_urls?: readonly string[];
  /** Whether the server is about to shut down (lame duck mode). */
  readonly ldm?: boolean;
  /** Whether JetStream is on. */
  readonly jetstream?: boolean;
}

/**
 * Reads the JSON behind INFO.
 *
 * @throws ProtocolError when it is no INFO of a NATS server.
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
  if (typeof maxPayload !== "number" || !(maxPayload > 0)) {
    throw new ProtocolError("The server's INFO has no max_payload. Is this a NATS server?");
  }
  return info as ServerInfo;
}
