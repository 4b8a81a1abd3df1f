import { type DocumentNode, own } from "../document/node.js";
import type { Sdk } from "../model/sdk.js";
import { overlap } from "../model/streams.js";
import { either, nearest } from "../nearest.js";
import { checkBindings, readBindings } from "./bindings.js";
import { checkKeys, isObject } from "./checks.js";
import { importKeys } from "./config.js";
import { GrantReader } from "./grants.js";
import type { Import } from "./import.js";
import { type AccountLimits, configuredLimits, readLimits } from "./limits.js";
import { ofAccounts, type ReportRole } from "./report-role.js";
import { checkReserved } from "./reserved.js";
import { type Bindings, type Grant, isName, type Role, systemAccount } from "./role.js";
import { patternsOf } from "./subject-patterns.js";

/** An account with its configuration. */
export interface Account {
  readonly name: string;
  readonly limits: AccountLimits;
  readonly imports: readonly Import[];
}

/**
 * Reads the accounts of the configuration.
 *
 * @param root The document's root, where problems are reported.
 * @param sdk The SDK of both sides.
 * @param roles Roles, which may name further accounts.
 * @param configured The configured accounts, by name.
 */
export function readAccounts(
  root: DocumentNode,
  sdk: Sdk,
  roles: readonly Role[],
  configured: Readonly<Record<string, unknown>>,
): readonly Account[] {
  const report = ofAccounts(root);
  const known = [
    ...new Set([
      ...roles.flatMap(({ users }) => users.map(({ account }) => account)),
      ...Object.keys(configured),
    ]),
  ];
  const reader = new GrantReader(sdk);
  const accounts = Object.entries(configured).map(([name, value]) => {
    if (!isName(name) || name.toLowerCase() === systemAccount.toLowerCase()) {
      report.error([name], {
        code: "unfit-name",
        message: `${JSON.stringify(name)} is not a valid name of an account.`,
        fix: `Use up to 64 letters, digits, \`-\` and \`_\`, starting with a letter or digit. ${systemAccount} is reserved for the servers.`,
      });
    }
    const limits = Object.fromEntries(
      Object.keys(configuredLimits).map((key) => [key, own(value, key)]),
    );
    const imports = Object.entries(Object(own(value, "imports"))).flatMap(([from, said]) =>
      readImports(reader, [name, "imports", from], said, known, report),
    );
    return { name, limits: readLimits(limits), imports };
  });
  for (const { name, imports } of accounts) {
    for (const each of imports) {
      if (!returns(each, name, accounts)) continue;
      report.error([name, "imports", each.from], {
        code: "import-ring",
        message: `The imports of \`${each.subject}\` form a circle from \`${name}\` to \`${name}\`.`,
        fix: "Remove one of them: an account needs no import of its own messages.",
      });
      return accounts;
    }
  }
  return accounts;
}

/** Checks for a circle: an account that imports a subject from itself through other accounts. */
function returns(
  { from, kind, subject }: Import,
  account: string,
  accounts: readonly Account[],
  passed: readonly string[] = [],
): boolean {
  if (from === account) return true;
  if (passed.includes(from)) return false;
  const next = accounts.find(({ name }) => name === from)?.imports ?? [];
  return next.some((each) => {
    const goesOn = each.kind === kind && overlap(each.subject, subject);
    return goesOn && returns(each, account, accounts, [...passed, from]);
  });
}

function readImports(
  reader: GrantReader,
  path: readonly [name: string, "imports", from: string],
  value: unknown,
  known: readonly string[],
  report: ReportRole,
): readonly Import[] {
  const [name, , from] = path;
  const others = known.filter((each) => each !== name);
  if (!others.includes(from)) {
    const near = nearest(from, others);
    report.error(path, {
      code: "unknown-account",
      message:
        from === name
          ? "An account cannot import from itself."
          : `There is no account \`${from}\` to import from.`,
      fix:
        near === undefined
          ? `Name another account${others.length === 0 ? "" : `: ${either(others)}`}.`
          : `Did you mean \`${near}\`?`,
    });
  }
  const { grants, bound } = readGrants(reader, path, value, report);
  return grants.flatMap(({ verb, channel }) => {
    const subjects = patternsOf(channel.key, bound);
    checkReserved([...path, verb], channel.key.address, subjects, report);
    return subjects.map((subject) => ({
      from,
      kind: verb === "request" ? ("service" as const) : ("stream" as const),
      subject,
      manyReplies: channel.manyReplies,
    }));
  });
}

/** Reads an import: operations and allowed values, as in a role. */
function readGrants(
  reader: GrantReader,
  path: readonly string[],
  value: unknown,
  report: ReportRole,
): { readonly grants: readonly Grant[]; readonly bound: Bindings } {
  if (!isObject(value)) {
    report.error(path, {
      code: "role-form",
      message: `An import must be an object, not ${JSON.stringify(value)}.`,
      fix: 'Write for example `{ subscribe: "*" }`.',
    });
    return { grants: [], bound: {} };
  }
  checkKeys("An import", value, path, Object.keys(importKeys), report);
  const grants = (["subscribe", "request"] as const).flatMap((verb) =>
    reader.read(path, verb, own(value, verb), report),
  );
  const channels = grants.map(({ channel }) => channel);
  const place = [...path, "parameters"];
  const bound = readBindings(own(value, "parameters"), place, channels, report);
  checkBindings(bound, place, channels, report);
  return { grants, bound };
}
