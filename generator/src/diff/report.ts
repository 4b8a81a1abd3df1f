import type { Change, Side } from "./change.js";

/** Changes that break the same sides, or none. */
interface Group {
  readonly title: string;
  readonly changes: readonly Change[];
}

function groupsOf(changes: readonly Change[]): readonly Group[] {
  const breaking = (...sides: readonly Side[]): readonly Change[] =>
    changes.filter(
      ({ breaks }) =>
        breaks.length === sides.length && sides.every((side) => breaks.includes(side)),
    );
  return [
    {
      title: "Breaking for publishers and subscribers",
      changes: breaking("publishers", "subscribers"),
    },
    { title: "Breaking for publishers", changes: breaking("publishers") },
    { title: "Breaking for subscribers", changes: breaking("subscribers") },
    { title: "Compatible", changes: breaking() },
  ].filter((group) => group.changes.length > 0);
}

/** Summary of all changes. */
export function verdict(changes: readonly Change[]): string {
  if (changes.length === 0) return "Nothing changed for publishers and subscribers.";
  const hurt = (side: Side): number => changes.filter(({ breaks }) => breaks.includes(side)).length;
  const compatible = changes.filter(({ breaks }) => breaks.length === 0).length;
  const parts = [
    [hurt("publishers"), "breaking for publishers"],
    [hurt("subscribers"), "breaking for subscribers"],
    [compatible, "compatible"],
  ] as const;
  const count = `${changes.length} ${changes.length === 1 ? "change" : "changes"}`;
  return `${count}: ${parts.map(([number, what]) => `${number} ${what}`).join(", ")}.`;
}

/**
 * Formats changes for a terminal.
 *
 * @param printable Removes control characters from a text.
 * @param paint Highlights a text.
 */
export function formatText(
  changes: readonly Change[],
  printable: (text: string) => string,
  paint: (style: "error" | "place" | "fix", text: string) => string,
): string {
  const groups = groupsOf(changes).map(({ title, changes: all }) => {
    const isBreaking = all[0]?.breaks.length !== 0;
    const lines = all.map((change) => {
      const place = paint("place", `${printable(change.file)}:${change.line}:${change.column}`);
      const what = `${printable(change.what)}: ${printable(change.message)} [${change.rule}]`;
      const on = where(change).map(printable).join(", ");
      const reason = printable(`${capital(change.reason)}.${on === "" ? "" : ` On ${on}`}`);
      return `  ${place} ${what}\n    ${paint("fix", reason)}\n`;
    });
    return `${isBreaking ? paint("error", title) : title}\n${lines.join("")}\n`;
  });
  return `${groups.join("")}${verdict(changes)}\n`;
}

/** Formats changes for a pull request. */
export function formatMarkdown(changes: readonly Change[]): string {
  const groups = groupsOf(changes).map(({ title, changes: all }) => {
    const rows = all.map((change) => {
      const on = where(change).map(code).join(", ");
      const cells = [
        code(change.what),
        cell(change.message),
        cell(`${capital(change.reason)}.`),
        on,
        code(`${change.file}:${change.line}`),
      ];
      return `| ${cells.join(" | ")} |\n`;
    });
    return `### ${title}\n\n| what | change | why | on | where |\n| --- | --- | --- | --- | --- |\n${rows.join("")}\n`;
  });
  return `${groups.join("")}${verdict(changes)}\n`;
}

/** The channels of a change that `what` does not name; at most a few. */
function where({ what, channels }: Change): readonly string[] {
  const others = channels.filter((channel) => channel !== what);
  return others.length > 4 ? [...others.slice(0, 3), `${others.length - 3} more`] : others;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Text of the document for a table cell, without markup. Code spans stay unchanged. */
function cell(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, i) => (i % 2 === 1 ? code(part.slice(1, -1)) : escaped(part)))
    .join("");
}

function code(text: string): string {
  // In a table, an unescaped bar ends the cell even in code.
  const plain = text.replace(/\s+/g, " ").replaceAll("|", "\\|");
  const fence = plain.includes("`") ? "``" : "`";
  return plain.includes("``") ? escaped(plain) : `${fence}${pad(plain)}${fence}`;
}

function pad(text: string): string {
  return /^`|`$/.test(text) ? ` ${text} ` : text;
}

function escaped(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>()#+!|&@]/g, "\\$&");
}
