import type { Finding } from "../diagnostics.js";
import type { DocumentNode } from "../document/node.js";

/** Receiver of findings about roles. */
export interface ReportRole {
  /** @param path Property names, starting at the object of all roles. */
  error(path: readonly string[], finding: Finding): void;
  /** @param path Property names, starting at the object of all roles. */
  warn(path: readonly string[], finding: Finding): void;
}

/** Reports findings at their places in the document. */
export function atPlaces(roles: DocumentNode): ReportRole {
  const place = (path: readonly string[]): DocumentNode => {
    let node = roles;
    for (const step of path) node = node.get(step) ?? node;
    return node;
  };
  return {
    error: (path, finding) => place(path).error(finding),
    warn: (path, finding) => place(path).warn(finding),
  };
}

/** Reports findings about the configuration's roles, which have no place in the document. */
export function ofConfiguration(root: DocumentNode): ReportRole {
  return elsewhere(root, (path) => `The configuration's roles, \`${path.join(".")}\``);
}

/** Reports findings about the configuration's accounts. */
export function ofAccounts(root: DocumentNode): ReportRole {
  return elsewhere(root, (path) => `The configuration's accounts, \`${path.join(".")}\``);
}

/** Reports findings about the role of a requested user. */
export function asked(root: DocumentNode): ReportRole {
  return elsewhere(root, (path) => `The role \`${path.join(".")}\``);
}

function elsewhere(root: DocumentNode, place: (path: readonly string[]) => string): ReportRole {
  const placed = (path: readonly string[], finding: Finding): Finding => ({
    ...finding,
    message: `${place(path)}: ${finding.message}`,
  });
  return {
    error: (path, finding) => root.error(placed(path, finding)),
    warn: (path, finding) => root.warn(placed(path, finding)),
  };
}
