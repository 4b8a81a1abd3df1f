import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "../../support/project.js";

/** The real documents beside the project; absent in a clone of its own. */
export const corpus: string = join(project, "../shared/corpus");

/** A document of the corpus. */
export interface Entry {
  readonly id: string;
  /** Its folder within the corpus. */
  readonly root: string;
  /** Its own file within the folder. */
  readonly main: string;
  /** `true` if the document names NATS as a server's protocol. */
  readonly nats: boolean;
}

/** The documents of a kind, by the corpus' index. */
export function entries(kind: "valid" | "invalid"): readonly Entry[] {
  if (!existsSync(corpus)) return [];
  const [, ...rows] = readFileSync(join(corpus, "index.tsv"), "utf8").trimEnd().split("\n");
  return rows.flatMap((row) => {
    const cells = row.split("\t");
    const path = cells.at(-1) ?? "";
    const [id = "", , , , , protocols = ""] = cells;
    if (!path.startsWith(`${kind}/`)) return [];
    const [, folder = "", ...rest] = path.split("/");
    const nats = protocols.split(",").some((protocol) => /^nats\*?$/.test(protocol));
    return [{ id, root: `${kind}/${folder}`, main: rest.join("/"), nats }];
  });
}
