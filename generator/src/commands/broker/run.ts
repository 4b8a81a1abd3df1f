import { homedir } from "node:os";
import { join } from "node:path";
import type { BrokerOptions } from "../../broker/broker.js";
import { BrokerError } from "../../broker/errors.js";
import type { BrokerPlan, MovedUser } from "../../broker/write-broker.js";
import type { Values } from "../../option.js";
import {
  count,
  formatChanges,
  formatDiagnostics,
  painter,
  printable,
} from "../../workshop/report.js";
import type { Terminal } from "../../workshop/terminal.js";
import { reported } from "../broker-error.js";
import { readGivenDocument, unnamedDocument } from "../document-options.js";
import { brokerCommandOptions } from "./options.js";
import { planBroker } from "./plan.js";

/**
 * Writes the configuration of a broker, or prints the permissions.
 *
 * @param given The document; that of the configuration when undefined.
 * @returns The exit code.
 */
export async function runBroker(
  given: string | undefined,
  values: Values<typeof brokerCommandOptions>,
  terminal: Terminal,
): Promise<number> {
  const options = readOptions(values);
  warnOfCluster(options, terminal);
  const { document, config, ...reading } = await readGivenDocument(given, values);
  if (document === undefined) throw unnamedDocument("broker <document>");
  const { roles = {}, accounts = {}, streams = {} } = config;
  const { serverVersion } = options;
  const input = { document, ...reading, roles, accounts, streams, serverVersion };
  const { plan, diagnostics } = await planBroker(input);
  const paint = painter(terminal.colored);
  for (const text of formatDiagnostics(diagnostics, paint, values)) terminal.error(text);
  if (plan === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === "error").length;
    terminal.error(`${count(errors, "error")} in the document; nothing was written.\n`);
    return 1;
  }
  if (values.report !== true) return write(plan, options, values, terminal);
  terminal.out(plan.report);
  return 0;
}

function readOptions({
  servers,
  operator,
  tls,
  websocket,
  listen,
  "server-version": serverVersion = brokerCommandOptions["server-version"].default,
}: Values<typeof brokerCommandOptions>): BrokerOptions {
  return {
    servers: servers === "6" ? 6 : servers === "3" ? 3 : 1,
    operator: operator ?? false,
    tls: tls?.replace(/[\\/]+$/, ""),
    websocket: websocket ?? false,
    listen,
    serverVersion,
  };
}

/** Warns of a cluster whose servers talk to each other without encryption. */
function warnOfCluster({ servers, tls }: BrokerOptions, terminal: Terminal): void {
  if (servers === 1 || tls !== undefined) return;
  terminal.error(
    "warning: without --tls, the servers send each other all messages, and their password, in plain text. Whoever can read or reach their network can read and forge everything.\n",
  );
}

async function write(
  plan: BrokerPlan,
  options: BrokerOptions,
  { output = brokerCommandOptions.output.default, secrets }: Values<typeof brokerCommandOptions>,
  terminal: Terminal,
): Promise<number> {
  const { projectName, writeBroker } = await import("../../broker/write-broker.js");
  const folder = secrets ?? join(homedir(), ".alternats", projectName(plan.title));
  try {
    const { changes, written, absent, moved, ...done } = await writeBroker(
      plan,
      options,
      output,
      folder,
    );
    terminal.out(`${printable(output)}: ${formatChanges(changes)}\n`);
    terminal.out(`${printable(done.secrets)}: ${formatWritten(written)}\n`);
    for (const name of absent)
      terminal.error(`The secret of ${name} is missing; its key stays the same.\n`);
    if (moved.length > 0) terminal.out(formatMoved(moved, options.operator));
    return 0;
  } catch (error) {
    if (error instanceof BrokerError) throw reported(error);
    const reason = error instanceof Error ? error.message : String(error);
    terminal.error(`alternats-gen: the configuration cannot be written to ${output}: ${reason}\n`);
    return 1;
  }
}

/** Lists users with another account than before, and the order in which to deploy that. */
function formatMoved(moved: readonly MovedUser[], isOperator: boolean): string {
  const users = moved.map(({ name, from, to }) => `  ${name}: from ${from} to ${to}\n`);
  const steps = [
    'Upgrade the programs of these users: outside of APP they read streams with domain: "APP".',
    isOperator
      ? "Restart all servers with the new configuration, and run alternats-gen account push."
      : "Reload the configuration of all servers (nats-server --signal reload). It disconnects these users, which come back in their new accounts.",
    "Run alternats-gen provision.",
    ...(isOperator ? ["Give these users their new credentials; the old ones are rejected."] : []),
  ];
  return `${count(moved.length, "user")} with another account than before, with the same keys:\n${users.join("")}Deploy in this order:\n${steps.map((step, i) => `  ${i + 1}. ${step}\n`).join("")}`;
}

function formatWritten(names: readonly string[]): string {
  return names.length === 0
    ? "nothing changed"
    : `${count(names.length, "secret")} written${names.map((name) => `\n  ${name}`).join("")}`;
}
