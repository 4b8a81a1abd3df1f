import type { CommandGroup } from "../../cli/commands.js";
import { defineCommand, type Options } from "../command.js";
import { documentOptions } from "../document-options.js";

const secrets = {
  type: "string",
  value: "folder",
  help: "the secrets of alternats-gen broker --operator; the only ones in ~/.alternats by default",
} as const;

/** Where the accounts are kept, and the broker that is told of them. */
export const brokerPlace = {
  secrets,
  server: {
    type: "string",
    value: "address",
    multiple: true,
    help: "a server of the broker, may be given several times; $NATS_URL, or nats://localhost:4222 by default",
  },
} as const satisfies Options;

/** What a user may use at most. */
export const userLimits = {
  subscriptions: { type: "string", value: "number", help: "how many one connection may have" },
  payload: { type: "string", value: "bytes", help: "how large a message may be: 4096, 64KB, 1MB" },
  data: { type: "string", value: "bytes", help: "a limit that servers keep, but do not count" },
} as const satisfies Options;

/** What an account may use at most. */
export const accountLimits = {
  connections: { type: "string", value: "number", help: "how many its users may have together" },
  ...userLimits,
  disk: { type: "string", value: "bytes", help: "what its streams keep in files; 0 by default" },
  memory: { type: "string", value: "bytes", help: "what they keep in memory; 0 by default" },
  streams: { type: "string", value: "number", help: "how many it may have" },
  consumers: { type: "string", value: "number", help: "how many its streams may have" },
} as const satisfies Options;

const createAccount = defineCommand({
  name: "account create",
  summary: "create an account, or change the limits of one",
  arguments: [{ name: "account" }],
  options: { ...accountLimits, ...brokerPlace },
  examples: [
    ["account create ACME --connections 20", "For an owner with 20 connections at most"],
    ["account create ACME --disk 1GB --memory 0", "With streams of 1 GB in files"],
  ],
  async run(context) {
    const { runCreate } = await import("./run.js");
    return runCreate(context);
  },
});

/** The options of `alternats-gen account create-user`. */
export const userOptions = {
  role: { type: "string", value: "name", help: "the role of the document that it gets" },
  bind: {
    type: "string",
    value: "parameter=value",
    multiple: true,
    help: "what a parameter is bound to; may be given several times",
  },
  expires: {
    type: "string",
    value: "when",
    help: "30d, 12h, 45m, or a time such as 2030-12-31T18:00:00Z; without end by default",
  },
  ...userLimits,
  document: {
    type: "string",
    value: "file",
    short: "d",
    help: "the AsyncAPI document; the configuration's by default",
  },
  ...documentOptions,
  ...brokerPlace,
} as const satisfies Options;

const createUser = defineCommand({
  name: "account create-user",
  summary: "create a user with a role, and its credentials file",
  arguments: [{ name: "account" }, { name: "user" }],
  options: userOptions,
  examples: [
    [
      "account create-user ACME board --role viewer --expires 30d",
      "A third party that may listen for a month",
    ],
    [
      "account create-user ACME eu-7 --role server --bind id=eu-7",
      "A game server that speaks for itself alone",
    ],
  ],
  async run(context) {
    const { runCreateUser } = await import("./run.js");
    return runCreateUser(context);
  },
});

const list = defineCommand({
  name: "account list",
  summary: "list accounts and users, with limits, ends and credentials",
  arguments: [],
  options: { secrets, json: { type: "boolean", help: "as JSON, in one line" } },
  examples: [["account list", "Who there is"]],
  async run(context) {
    const { runList } = await import("./run.js");
    return runList(context);
  },
});

const revokeUser = defineCommand({
  name: "account revoke-user",
  summary: "cut a user off, by its name or its public key",
  arguments: [{ name: "account" }, { name: "user" }],
  options: brokerPlace,
  examples: [["account revoke-user ACME board", "Its connections end, and it stays out"]],
  async run(context) {
    const { runRevokeUser } = await import("./run.js");
    return runRevokeUser(context);
  },
});

const push = defineCommand({
  name: "account push",
  summary: "tell the broker of all accounts, as the secrets have them",
  arguments: [],
  options: brokerPlace,
  examples: [["account push", "After alternats-gen broker, or to a broker that lost them"]],
  async run(context) {
    const { runPush } = await import("./run.js");
    return runPush(context);
  },
});

/** `alternats-gen account`. */
export const accountCommands: CommandGroup = {
  name: "account",
  summary: "create, list and revoke accounts and users at run time",
  commands: {
    create: async () => createAccount,
    "create-user": async () => createUser,
    list: async () => list,
    "revoke-user": async () => revokeUser,
    push: async () => push,
  },
};
