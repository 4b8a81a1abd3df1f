import { type CommandGroup, defineCommand } from "../command.js";
import { brokerPlace, createAccountOptions, createUserOptions, listOptions } from "./options.js";

const createAccount = defineCommand({
  name: "account create",
  summary: "create an account, or change the limits of one",
  arguments: [{ name: "account" }],
  options: createAccountOptions,
  examples: [
    ["account create ACME --connections 20", "Limit an owner to 20 connections"],
    ["account create ACME --disk 1GB --memory 0", "Allow streams with 1 GB in files"],
  ],
  async run(context) {
    const { runCreate } = await import("./run.js");
    return runCreate(context);
  },
});

const createUser = defineCommand({
  name: "account create-user",
  summary: "create a user with a role, and its credentials file",
  arguments: [{ name: "account" }, { name: "user" }],
  options: createUserOptions,
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
  summary: "list accounts and users, with their limits and credentials",
  arguments: [],
  options: listOptions,
  examples: [["account list", "Show all accounts and users"]],
  async run(context) {
    const { runList } = await import("./run.js");
    return runList(context);
  },
});

const revokeUser = defineCommand({
  name: "account revoke-user",
  summary: "disconnect and reject a user, by its name or public key",
  arguments: [{ name: "account" }, { name: "user" }],
  options: brokerPlace,
  examples: [["account revoke-user ACME board", "End its connections, and reject new ones"]],
  async run(context) {
    const { runRevokeUser } = await import("./run.js");
    return runRevokeUser(context);
  },
});

const remove = defineCommand({
  name: "account remove",
  summary: "remove an account of run time, with all its users",
  arguments: [{ name: "account" }],
  options: brokerPlace,
  examples: [["account remove ACME", "End all connections of an owner, and forget it"]],
  async run(context) {
    const { runRemove } = await import("./run.js");
    return runRemove(context);
  },
});

const push = defineCommand({
  name: "account push",
  summary: "send all accounts in the secrets to the broker",
  arguments: [],
  options: brokerPlace,
  examples: [["account push", "After alternats-gen broker, or after the broker lost its data"]],
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
    remove: async () => remove,
    push: async () => push,
  },
};
