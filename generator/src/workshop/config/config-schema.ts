import type { Options } from "../../commands/command.js";
import { rules } from "../../lint/rules.js";
import { configSettings, lintSettings, sdkSettings } from "./settings.js";

/** The JSON Schema of a configuration, for editors; written into the package when it is built. */
export function configSchema(): object {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of alternats-gen",
    type: "object",
    additionalProperties: false,
    properties: {
      $schema: { type: "string", description: "the address of this schema" },
      ...properties(sdkSettings),
      ...properties(configSettings),
      streams,
      lint: {
        type: "object",
        description: "what alternats-gen lint looks for",
        additionalProperties: false,
        properties: {
          ...properties(lintSettings),
          off: {
            type: "array",
            description: "the rules that are switched off",
            items: { enum: Object.keys(rules) },
          },
        },
      },
      roles: {
        type: "object",
        description: "who uses the API, for alternats-gen broker; see docs/accounts.md",
        additionalProperties: roleSchema,
      },
      accounts: {
        type: "object",
        description: "the broker's accounts, for alternats-gen broker; see docs/accounts.md",
        additionalProperties: accountSchema,
      },
      sdks: {
        type: "array",
        minItems: 1,
        description: "several SDKs; what stands beside holds for all that say nothing else",
        items: {
          type: "object",
          additionalProperties: false,
          properties: { ...properties(sdkSettings), streams },
        },
      },
    },
  };
}

const text = { type: "string" };
const names = { anyOf: [text, { type: "array", items: text }] };
const value = { anyOf: [text, { type: "number" }] };
const values = {
  type: "object",
  additionalProperties: { anyOf: [...value.anyOf, { type: "array", items: value }] },
};

const roleSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    description: { type: "string", description: "who it is" },
    account: { type: "string", description: "the account of its users; APP by default" },
    publish: { ...names, description: 'the operations that it publishes; "*" for all' },
    subscribe: { ...names, description: 'the operations that it listens to; "*" for all' },
    request: { ...names, description: 'the operations that it requests; "*" for all' },
    respond: { ...names, description: 'the operations that it answers; "*" for all' },
    streams: { ...names, description: 'the streams that it creates and changes; "*" for all' },
    parameters: { ...values, description: "what parameters are bound to, for all its users" },
    users: {
      description:
        "its users, each with what parameters are bound to; one of the role's name by default",
      anyOf: [
        { type: "array", items: text },
        { type: "object", additionalProperties: values },
      ],
    },
  },
};

const limit = { anyOf: [{ type: "integer", minimum: 0 }, text] };

const accountSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    connections: { ...limit, description: "how many its users may have together" },
    subscriptions: { ...limit, description: "how many one connection may have" },
    payload: { ...limit, description: "how large a message may be: 4096, 64KB" },
    disk: { ...limit, description: "what its streams keep in files: 10GB" },
    memory: { ...limit, description: "what its streams keep in memory: 256MB" },
    streams: { ...limit, description: "how many streams it may have" },
    consumers: { ...limit, description: "how many consumers its streams may have" },
    imports: {
      type: "object",
      description: "what it takes over, by the accounts that it comes from",
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        properties: {
          subscribe: { ...names, description: 'the operations that it listens to; "*" for all' },
          request: { ...names, description: 'the operations that it requests; "*" for all' },
          parameters: { ...values, description: "what parameters are bound to" },
        },
      },
    },
  },
};

const streams = {
  type: "object",
  description: "streams that keep channels, by name, for documents that do not say it",
  additionalProperties: { type: "object" },
};

function properties(options: Options): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const description = option.help;
      if (option.type === "boolean") return [name, { type: "boolean", description }];
      const { choices } = option;
      return [
        name,
        choices === undefined
          ? { type: "string", minLength: 1, description }
          : { enum: choices, description },
      ];
    }),
  );
}
