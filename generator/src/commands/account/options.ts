import type { Options } from "../../option.js";
import { accountLimitOptions, userLimitOptions } from "../../roles/limits.js";
import { sdkOptions } from "../../workshop/config/options.js";
import { documentOptions, jsonOption } from "../document-options.js";

/** Place of the accounts, and address of the broker. */
export const brokerPlace = {
  secrets: {
    type: "string",
    value: "folder",
    help: "secrets of alternats-gen broker --operator",
    otherwise: "the only ones in ~/.alternats",
  },
  server: {
    type: "string",
    value: "address",
    multiple: true,
    help: "a server of the broker, may be repeated",
    otherwise: "$NATS_URL, or nats://localhost:4222",
  },
} as const satisfies Options;

/** The options of `alternats-gen account create`. */
export const createAccountOptions = {
  ...accountLimitOptions,
  ...brokerPlace,
} as const satisfies Options;

/** The options of `alternats-gen account create-user`. */
export const createUserOptions = {
  role: { type: "string", value: "name", help: "the user's role, one of the document" },
  bind: {
    type: "string",
    value: "parameter=value",
    multiple: true,
    help: "allowed value of a parameter, may be repeated",
    allows: (text) => /^[^=]+=.+$/s.test(text),
    expected: "a parameter and its value: server_id=eu-1",
  },
  expires: {
    type: "string",
    value: "when",
    help: "end of the credentials: 30d, 12h, 45m, or a time such as 2030-12-31T18:00:00Z",
    otherwise: "without end",
    allows: (text) => readEnd(text) !== undefined,
    expected: "30d, 12h, 45m or a time such as 2030-12-31T18:00:00Z",
  },
  ...userLimitOptions,
  document: { ...sdkOptions.document, short: "d", otherwise: "the configuration's" },
  ...documentOptions,
  ...brokerPlace,
} as const satisfies Options;

/** The options of `alternats-gen account list`. */
export const listOptions = {
  secrets: brokerPlace.secrets,
  json: jsonOption,
} as const satisfies Options;

/**
 * Reads the end of a validity: a number of days, hours or minutes from now, or a time of ISO 8601.
 *
 * @returns Undefined for any other text.
 */
export function readEnd(text: string): Date | undefined {
  const [, amount, unit = ""] = /^(\d+)([dhm])$/.exec(text) ?? [];
  const minutes: Readonly<Record<string, number>> = { d: 24 * 60, h: 60, m: 1 };
  const end =
    amount === undefined
      ? new Date(/^\d{4}-\d\d-\d\d(?:T|$)/.test(text) ? text : Number.NaN)
      : new Date(Date.now() + Number(amount) * (minutes[unit] ?? 1) * 60_000);
  return Number.isNaN(end.getTime()) ? undefined : end;
}
