import type { Options } from "../../option.js";
import { brokerPlace } from "../account/options.js";
import { documentOptions, jsonOption, verboseOption } from "../document-options.js";

/** The options of `alternats-gen provision`. */
export const provisionOptions = {
  secrets: {
    ...brokerPlace.secrets,
    help: "secrets of alternats-gen broker",
    otherwise: "~/.alternats/<title>",
  },
  server: brokerPlace.server,
  json: jsonOption,
  verbose: verboseOption,
  ...documentOptions,
} as const satisfies Options;
