import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { type Floors, GENERATOR, RUNTIME } from "./floors.js";
import { type Import, readImports } from "./imports.js";

/** @returns The room that a file below `src` belongs to. */
const room = (file: string): string => file.split("/")[0]!;

/** @returns Circles of files, each as the files that lead from one of them back to it. */
function circles(imports: readonly Import[]): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at !== -1) found.push([...path.slice(at), file].join(" -> "));
    if (at !== -1 || done.has(file)) return;
    for (const { from, to } of imports) if (from === file) visit(to, [...path, file]);
    done.add(file);
  };
  for (const { from } of imports) visit(from, []);
  return found;
}

describe.each<{ name: string; floors: Floors; mostRooms: number }>([
  { name: "runtime", floors: RUNTIME, mostRooms: 28 },
  { name: "generator", floors: GENERATOR, mostRooms: 24 },
])("the rooms of $name/src", ({ name, floors, mostRooms }) => {
  let files: readonly string[];
  let imports: readonly Import[];
  const floorOf = (file: string): number => floors.findIndex((rooms) => rooms.includes(room(file)));

  beforeAll(async () => {
    const root = fileURLToPath(new URL(`../../${name}`, import.meta.url));
    ({ files, imports } = await readImports(root));
  });

  it("are those of the floors, and few", () => {
    expect([...new Set(files.map(room))].sort()).toEqual(floors.flat().sort());
    expect(floors.flat().length).toBeLessThanOrEqual(mostRooms);
  });

  it("import only from rooms of lower floors", () => {
    const wrong = imports
      .filter(({ from, to }) => room(from) !== room(to) && floorOf(from) <= floorOf(to))
      .map(({ from, to }) => `${from} -> ${to}`);
    expect(wrong).toEqual([]);
  });

  it("have no circle of files", () => {
    expect(circles(imports)).toEqual([]);
  });
});
