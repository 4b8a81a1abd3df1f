import type { Option, Options } from "../../commands/command.js";
import { presets } from "../../lint/rules.js";
import type { Config, SdkConfig } from "./config.js";

/** What can be said of an SDK. The command line, the configuration and its schema all follow from here. */
export const sdkSettings = {
  document: {
    type: "string",
    value: "file",
    help: "the AsyncAPI document",
  },
  output: {
    type: "string",
    value: "folder",
    short: "o",
    help: "where the SDK goes; sdk by default",
  },
  root: {
    type: "string",
    value: "folder",
    help: "the folder that the document's references may reach; the document's own by default",
  },
  role: {
    type: "string",
    value: "side",
    choices: ["application", "client"],
    help: "application or client: only what that side does; both sides by default",
  },
  validate: {
    type: "string",
    value: "when",
    choices: ["receive", "send", "both"],
    help: "receive, send or both: hold messages against their schemas; never by default",
  },
  dates: {
    type: "string",
    value: "form",
    choices: ["string", "date"],
    help: "string, or date: properties of the format date-time are Date objects; string by default",
  },
  importExtension: {
    type: "string",
    value: "extension",
    choices: ["js", "ts", "none"],
    help: "js, ts or none: how the SDK's files import each other; js by default",
  },
  lineEnding: {
    type: "string",
    value: "ending",
    choices: ["lf", "crlf"],
    help: "lf or crlf; lf by default",
  },
  target: {
    type: "string",
    value: "language",
    choices: ["ts", "js"],
    help: "ts, or js for a package ready to publish: .js, .d.ts and package.json; ts by default",
  },
  package: {
    type: "string",
    value: "name",
    help: "the name of that package; the document's title and -sdk by default",
  },
  templates: {
    type: "string",
    value: "folder",
    help: "Handlebars templates of your own in the place of some of alternats-template",
  },
} as const satisfies Record<Exclude<keyof SdkConfig, "streams">, Option>;

/** What can be said of all that a configuration asks for. */
export const configSettings = {
  quiet: { type: "boolean", help: "show errors only" },
} as const satisfies Record<
  Exclude<keyof Config, keyof SdkConfig | "$schema" | "sdks" | "lint" | "roles" | "accounts">,
  Option
>;

/** What can be said of linting, besides the rules that are off. */
export const lintSettings = {
  preset: {
    type: "string",
    value: "name",
    choices: presets,
    help: "gamingapi: the conventions of GamingAPI's documents as well",
  },
} as const satisfies Options;
