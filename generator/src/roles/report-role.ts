import type { Finding } from "../diagnostics.js";
import type { DocumentNode } from "../document/node.js";

/** Where findings about roles go. */
export interface ReportRole {
  /** @param path Property names, from the object of all roles on. */
  error(path: readonly string[], finding: Finding): void;
  /** @param path Property names, from the object of all roles on. */
  warn(path: readonly string[], finding: Finding): void;
}

/** Reports at the places of the document. */
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

/** Reports what is said of roles in the configuration, whose places nobody knows. */
export function ofConfiguration(root: DocumentNode): ReportRole {
  return elsewhere(root, (path) => `The configuration's roles, \`${path.join(".")}\``);
}

/** Reports what is said of accounts in the configuration. */
export function ofAccounts(root: DocumentNode): ReportRole {
  return elsewhere(root, (path) => `The configuration's accounts, \`${path.join(".")}\``);
}

/** Reports what is wrong with a role for a user that is asked for. */
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
