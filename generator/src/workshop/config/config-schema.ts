import { lintOptions } from "../../lint/options.js";
import { descriptionOf, type Option, type Options } from "../../option.js";
import { accountKeys, type ConfigKey, importKeys, roleKeys } from "../../roles/config.js";
import { runOptions, sdkOptions } from "./options.js";

/** Returns the JSON Schema of a configuration, for editors; the build writes it into the package. */
export function configSchema(): object {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of alternats-gen",
    type: "object",
    additionalProperties: false,
    properties: {
      $schema: { type: "string", description: "the address of this schema" },
      ...ofOptions(sdkOptions),
      ...ofOptions(runOptions),
      streams,
      lint: { description: "options of alternats-gen lint", ...closed(ofOptions(lintOptions)) },
      roles: {
        type: "object",
        description: "roles for alternats-gen broker; see docs/accounts.md",
        additionalProperties: closed(ofKeys(roleKeys)),
      },
      accounts: {
        type: "object",
        description: "accounts for alternats-gen broker; see docs/accounts.md",
        additionalProperties: closed(ofKeys(accountKeys)),
      },
      sdks: {
        type: "array",
        minItems: 1,
        description: "several SDKs; the settings beside this list apply where an SDK sets none",
        items: closed({ ...ofOptions(sdkOptions), streams }),
      },
    },
  };
}

const streams = {
  type: "object",
  description: "streams that store channels, by name, for documents that declare none",
  additionalProperties: { type: "object" },
};

function closed(properties: object): object {
  return { type: "object", additionalProperties: false, properties };
}

function ofOptions(options: Options): object {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      { ...ofOption(option), description: descriptionOf(option) },
    ]),
  );
}

function ofOption(option: Option): object {
  if (option.type === "boolean") return { type: "boolean" };
  const { choices, multiple } = option;
  const value = choices === undefined ? { type: "string", minLength: 1 } : { enum: choices };
  return multiple === true ? { type: "array", items: value } : value;
}

const text = { type: "string" };
const scalar = { anyOf: [text, { type: "number" }] };
const parameters = {
  type: "object",
  additionalProperties: { anyOf: [...scalar.anyOf, { type: "array", items: scalar }] },
};

const forms = {
  text: () => text,
  flag: () => ({ type: "boolean" }),
  operations: () => ({ anyOf: [text, { type: "array", items: text }] }),
  parameters: () => parameters,
  users: () => ({
    anyOf: [
      { type: "array", items: text },
      { type: "object", additionalProperties: parameters },
    ],
  }),
  limit: () => ({ anyOf: [{ type: "integer", minimum: 0 }, text] }),
  imports: () => ({ type: "object", additionalProperties: closed(ofKeys(importKeys)) }),
} satisfies Record<ConfigKey["form"], () => object>;

function ofKeys(keys: Readonly<Record<string, ConfigKey>>): object {
  return Object.fromEntries(
    Object.entries(keys).map(([name, { form, help }]) => [
      name,
      { ...forms[form](), description: help },
    ]),
  );
}
