import { isIP } from "node:net";
import { serverVersions } from "../../broker/broker.js";
import type { Options } from "../../option.js";
import { documentOptions, verboseOption } from "../document-options.js";

/** The options of `alternats-gen broker`. */
export const brokerCommandOptions = {
  output: {
    type: "string",
    value: "folder",
    short: "o",
    help: "folder of the configuration",
    default: "broker",
  },
  secrets: {
    type: "string",
    value: "folder",
    help: "folder of seeds and credentials, outside of any repository",
    otherwise: "~/.alternats/<title>",
  },
  servers: {
    type: "string",
    value: "number",
    choices: ["1", "3", "6"],
    help: "one server, a cluster of three, or two clusters joined by gateways",
    default: "1",
  },
  operator: {
    type: "boolean",
    help: "accounts and users as JWTs of an operator, with credentials files",
  },
  tls: {
    type: "string",
    value: "folder",
    help: "the servers' folder with server.crt, server.key and ca.crt",
    otherwise: "no TLS",
    allows: (folder) => /^(?:\/|[A-Za-z]:[\\/])/.test(folder),
    expected: "the folder as the servers see it, from the root on: /etc/nats/tls",
  },
  listen: {
    type: "string",
    value: "address",
    help: "address on which the servers listen: 0.0.0.0 for all of the machine",
    otherwise: "127.0.0.1, for programs on the same machine only",
    allows: (address) => isIP(address) !== 0,
    expected: "an IP address, such as 0.0.0.0",
  },
  "server-version": {
    type: "string",
    value: "version",
    choices: serverVersions,
    help: "oldest version of nats-server that reads the configuration",
    default: "2.14",
  },
  websocket: { type: "boolean", help: "accept WebSocket connections of browsers" },
  report: { type: "boolean", help: "print the tables of permissions, and write nothing" },
  ...documentOptions,
  verbose: verboseOption,
} as const satisfies Options;
