import type { Sdk } from "../model/sdk.js";
import { inboxOf, inboxPrefixOf } from "./inboxes.js";
import { permissionRows } from "./permissions.js";
import type { Account } from "./read-accounts.js";
import type { Role, User } from "./role.js";
import { trustRows } from "./trust-table.js";

/** Creates Markdown tables of all permissions. */
export function permissionReport(
  title: string,
  roles: readonly Role[],
  accounts: readonly Account[],
  document: Sdk,
): string {
  const users = roles.flatMap((role) =>
    role.users.map((user) => userTable(role, user, document, roles)),
  );
  const parts = [trustSection(roles), ...users, ...accounts.map(accountTable)];
  return `# Permissions: ${line(title)}\n\n${parts.join("\n")}`;
}

/** Section on the possible effects of the users of each role on others, in plain words. */
function trustSection(roles: readonly Role[]): string {
  const trusted = roles.map(({ name, trust }) => {
    return `- ${code(name)} is ${trust.isTrusted ? "trusted" : "not trusted"}: ${line(trust.reason)}.\n`;
  });
  const rows = trustRows(roles).map(({ role, others, could }) => {
    return `| ${code(role)} | ${others.map(code).join(", ")} | ${could} |\n`;
  });
  return `## Trust

Users of one account can do anything to each other. NATS limits no rates: everybody may slow others down.

${trusted.join("")}
| users of | to users of | could do |
|---|---|---|
${rows.join("")}`;
}

function accountTable({ name, limits, imports }: Account): string {
  const most = Object.entries(limits).map(([what, value]) => `${value} ${what}`);
  const limit = most.length === 0 ? "" : `At most ${most.join(", ")}.\n\n`;
  const rows = imports.map(({ from, kind, subject, local = subject }) => {
    const does = kind === "stream" ? "listens to" : "publishes or requests";
    return `| ${does} | ${code(local)} | ${code(from)} | ${local === subject ? "" : code(subject)} |\n`;
  });
  const table =
    rows.length === 0
      ? ""
      : `| it | what | of account | there |\n|---|---|---|---|\n${rows.join("")}`;
  return `## Account ${name}\n\n${limit}${table}`;
}

function userTable(role: Role, user: User, document: Sdk, roles: readonly Role[]): string {
  const rows = permissionRows(role, user, document, roles);
  const bound = Object.entries(user.bound).map(
    ([name, values]) => `${code(name)} is ${values.map(code).join(" or ")}`,
  );
  const inbox = inboxOf(user);
  const asks = rows.some(({ subscribe }) => subscribe.includes(inbox));
  const about = [
    ...(role.description === undefined ? [] : [line(role.description)]),
    `Role ${code(role.name)}, account ${code(user.account)}${bound.length === 0 ? "" : `; ${bound.join(", ")}`}.`,
    `${role.trust.isTrusted ? "Trusted" : "Not trusted"}: ${role.trust.reason}.`,
    ...(asks ? [`Inbox prefix ${code(inboxPrefixOf(user))}.`] : []),
  ];
  const table = rows.map(
    (row) => `| ${line(row.purpose)} | ${cell(row.publish)} | ${cell(row.subscribe)} |\n`,
  );
  return `## ${user.name}\n\n${about.join("\n")}\n\n| permission | publishes to | subscribes to |\n|---|---|---|\n${table.join("")}`;
}

/** Formats subjects, each with its queue group. */
function cell(subjects: readonly string[]): string {
  return subjects
    .map((subject) => {
      const [name = "", queue] = subject.split(" ");
      return queue === undefined ? code(name) : `${code(name)} in group ${code(queue)}`;
    })
    .join("<br>");
}

/** Formats text for a cell or a paragraph: one line, without Markdown or HTML. */
function line(text: string): string {
  return text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/[\\`*_[\]<>|#&]/g, (mark) => `\\${mark}`);
}

function code(text: string): string {
  const fence = text.includes("`") ? "``" : "`";
  const space = fence.length > 1 ? " " : "";
  return `${fence}${space}${text.replaceAll("|", "\\|")}${space}${fence}`;
}
