import { homedir } from "node:os";
import { join } from "node:path";
import { PushError } from "../../accounts/errors.js";
import { provisionAt } from "../../accounts/provision-at.js";
import type { Values } from "../../option.js";
import { count, formatDiagnostics, formatJson, painter, printable } from "../../workshop/report.js";
import type { Terminal } from "../../workshop/terminal.js";
import { planBroker } from "../broker/plan.js";
import { reported } from "../broker-error.js";
import { readGivenDocument, unnamedDocument } from "../document-options.js";
import type { provisionOptions } from "./options.js";

/** `alternats-gen provision`. @returns The exit code. */
export async function runProvision(
  given: string | undefined,
  values: Values<typeof provisionOptions>,
  terminal: Terminal,
): Promise<number> {
  const { document, config, ...reading } = await readGivenDocument(given, values);
  if (document === undefined) throw unnamedDocument("provision <document>");
  const { roles = {}, accounts = {}, streams = {} } = config;
  const input = { document, ...reading, roles, accounts, streams, serverVersion: "2.14" } as const;
  const { plan, strangers, diagnostics } = await planBroker(input);
  if (plan === undefined) {
    const paint = painter(terminal.colored);
    for (const text of formatDiagnostics(diagnostics, paint, values)) terminal.error(text);
    return 1;
  }
  const { projectName } = await import("../../broker/write-broker.js");
  const secrets = values.secrets ?? join(homedir(), ".alternats", projectName(plan.title));
  const servers = values.server ?? process.env.NATS_URL?.split(",") ?? "nats://localhost:4222";
  try {
    const changes = await provisionAt(secrets, servers, strangers);
    if (values.json === true) terminal.out(formatJson(changes));
    else if (changes.length === 0) terminal.out("Streams and consumers: nothing changed\n");
    else {
      const lines = changes.map(
        ({ action, kind, name }) => `  ${action} ${kind} ${printable(name)}\n`,
      );
      terminal.out(`${count(changes.length, "change")}\n${lines.join("")}`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof PushError)) throw reported(error);
    terminal.error(`alternats-gen: ${printable(error.message)}\n`);
    return 1;
  }
}
