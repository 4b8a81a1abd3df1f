import type { Options, Values } from "../option.js";
import { presets, rules } from "./rules.js";

/** The options of linting: on the command line, and in the configuration. */
export const lintOptions = {
  /** Rules that are switched off, by their names. */
  off: {
    type: "string",
    value: "rule",
    multiple: true,
    choices: Object.keys(rules),
    expected: "the name of a rule",
    help: "switch a rule off",
  },
  /** Further conventions: `gamingapi`. */
  preset: {
    type: "string",
    value: "name",
    choices: presets,
    help: "further rules, the conventions of GamingAPI's documents",
  },
} as const satisfies Options;

/** Options of {@link lint}. */
export interface LintOptions extends Values<typeof lintOptions> {}
