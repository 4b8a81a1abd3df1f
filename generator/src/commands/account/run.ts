import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { Accounts, type AccountsOptions } from "../../accounts/accounts.js";
import type { AccountEntry, UserEntry } from "../../accounts/entries.js";
import { PushError, RoleError } from "../../accounts/errors.js";
import type { Diagnostic } from "../../diagnostics.js";
import type { GivenValues } from "../../option.js";
import type { ParameterValues } from "../../roles/config.js";
import { readLimits } from "../../roles/limits.js";
import { formatDiagnostics, formatJson, painter, printable } from "../../workshop/report.js";
import type { Terminal } from "../../workshop/terminal.js";
import { reported } from "../broker-error.js";
import { type Context, UsageError } from "../command.js";
import { readGivenDocument, unnamedDocument } from "../document-options.js";
import {
  type brokerPlace,
  type createAccountOptions,
  type createUserOptions,
  type listOptions,
  readEnd,
} from "./options.js";

/** `alternats-gen account create`. */
export function runCreate({
  args: [name = ""],
  values: { secrets, server, ...limits },
  terminal,
}: Context<typeof createAccountOptions>): Promise<number> {
  return printed(terminal, async () => {
    await using accounts = await open({ secrets, server });
    const { entry, servers } = await accounts.create(name, readLimits(limits));
    return `${lineOf(entry)}\n${takenBy(servers)}`;
  });
}

/** `alternats-gen account create-user`. */
export function runCreateUser({
  args: [account = "", name = ""],
  values,
  terminal,
}: Context<typeof createUserOptions>): Promise<number> {
  return printed(terminal, async () => {
    const { role, bind = [], expires, subscriptions, payload, data } = values;
    const end = expires === undefined ? undefined : readEnd(expires);
    if (role === undefined) throw new UsageError("--role is missing: name a role of the document.");
    const {
      document,
      root,
      limits: growth,
      config,
    } = await readGivenDocument(values.document, values);
    if (document === undefined) throw unnamedDocument("account create-user … --document <file>");
    await using accounts = await open(values, {
      document,
      ...(root !== undefined && { root }),
      ...(growth !== undefined && { limits: growth }),
      roles: config.roles ?? {},
      streams: config.streams ?? {},
    });
    const { entry, servers, warnings } = await accounts.createUser(account, name, {
      role,
      parameters: bindings(bind),
      limits: readLimits({ subscriptions, payload, data }),
      ...(end !== undefined && { expires: end }),
    });
    show(warnings, terminal);
    return `${userLine(entry)}\n${entry.credentials}\n${takenBy(servers)}`;
  });
}

/** `alternats-gen account list`. */
export function runList({ values, terminal }: Context<typeof listOptions>): Promise<number> {
  return printed(terminal, async () => {
    const all = await (await open(values)).list();
    if (values.json === true) return formatJson(all);
    const accounts = all.map((account) => {
      const users = account.users.map((user) => `  ${userLine(user)}\n    ${user.credentials}\n`);
      return `${lineOf(account)}\n${users.join("")}`;
    });
    return accounts.join("");
  });
}

/** `alternats-gen account revoke-user`. */
export function runRevokeUser({
  args: [account = "", user = ""],
  values,
  terminal,
}: Context<typeof brokerPlace>): Promise<number> {
  return printed(terminal, async () => {
    const servers = await (await open(values)).revokeUser(account, user);
    return `${user} of ${account} is revoked\n${takenBy(servers)}`;
  });
}

/** `alternats-gen account remove`. */
export function runRemove({
  args: [account = ""],
  values,
  terminal,
}: Context<typeof brokerPlace>): Promise<number> {
  return printed(terminal, async () => {
    const servers = await (await open(values)).remove(account);
    return `${account} is removed\n${takenBy(servers)}`;
  });
}

/** `alternats-gen account push`. */
export function runPush({ values, terminal }: Context<typeof brokerPlace>): Promise<number> {
  return printed(terminal, async () => takenBy(await (await open(values)).push()));
}

/** Prints the result of some work, or the reason of its failure. */
async function printed(terminal: Terminal, work: () => Promise<string>): Promise<number> {
  try {
    terminal.out(await work());
    return 0;
  } catch (error) {
    if (error instanceof RoleError) show(error.diagnostics, terminal);
    else if (error instanceof PushError) {
      terminal.error(
        `alternats-gen: ${printable(error.message)}\nThe secrets hold the change: alternats-gen account push sends it to the broker later.\n`,
      );
    } else throw reported(error);
    return 1;
  }
}

function show(diagnostics: readonly Diagnostic[], terminal: Terminal): void {
  const paint = painter(terminal.colored);
  for (const text of formatDiagnostics(diagnostics, paint, { verbose: true })) terminal.error(text);
}

async function open(
  { secrets, server }: GivenValues<typeof brokerPlace>,
  document: Omit<AccountsOptions, "secrets"> = {},
): Promise<Accounts> {
  const servers = server ?? process.env.NATS_URL?.split(",");
  return Accounts.open({
    ...document,
    secrets: secrets ?? (await onlySecrets()),
    ...(servers !== undefined && { servers }),
  });
}

/** The secrets of the only operator in the home folder. */
async function onlySecrets(): Promise<string> {
  const folder = join(homedir(), ".alternats");
  const names = existsSync(folder) ? await readdir(folder) : [];
  const found = names
    .map((name) => join(folder, name))
    .filter((path) => {
      return existsSync(join(path, "operator.nk"));
    });
  const [only, ...more] = found;
  if (only !== undefined && more.length === 0) return only;
  const reason =
    only === undefined
      ? `${folder} contains no secrets of an operator, which alternats-gen broker --operator writes`
      : `${folder} contains secrets of several operators`;
  throw new UsageError(`Set --secrets to the folder of the secrets: ${reason}.`);
}

/** `server_id=eu-1`, several times for several values. */
function bindings(given: readonly string[]): ParameterValues {
  const bound = new Map<string, string[]>();
  for (const each of given) {
    const end = each.indexOf("=");
    const name = each.slice(0, end);
    bound.set(name, [...(bound.get(name) ?? []), each.slice(end + 1)]);
  }
  return Object.fromEntries(bound);
}

function lineOf({ name, publicKey, limits }: AccountEntry): string {
  return [name, publicKey, ...limitTexts(limits)].join("  ");
}

function userLine({ name, publicKey, role, limits, expires, state }: UserEntry): string {
  const end = expires === undefined ? [] : [`until ${expires.toISOString()}`];
  const about = state === "valid" ? end : [state];
  return [name, publicKey, ...(role === undefined ? [] : [role]), ...about, ...limitTexts(limits)]
    .map(printable)
    .join("  ");
}

function limitTexts(limits: object): readonly string[] {
  return Object.entries(limits).map(([name, value]) => `${name} ${value}`);
}

function takenBy(servers: readonly string[]): string {
  return servers.length === 0
    ? "There are no accounts to send.\n"
    : `Taken by ${servers.join(", ")}\n`;
}
