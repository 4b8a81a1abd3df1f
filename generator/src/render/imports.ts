import type { ImportExtension } from "../generate-options.js";
import type { Form } from "./forms.js";
import { list } from "./layout.js";

/**
 * How a module is named where it is imported.
 *
 * @param module A package, or a file of the SDK: `./keys.js`.
 */
export function address(module: string, extension: ImportExtension): string {
  if (!module.startsWith("./") || extension === "js") return module;
  const name = module.slice(0, -".js".length);
  // The one file that is no TypeScript.
  return extension === "none" ? name : name === "./validators" ? module : `${name}.ts`;
}

/** What a file uses of others. Names get in by being written, so that none is imported in vain. */
export class Imports {
  readonly #modules = new Map<string, Map<string, "type" | "value">>();
  readonly #namespaces = new Map<string, string>();

  /** Notes the use of a type and returns its name. */
  type(name: string, module: string): string {
    const names = this.#names(module);
    if (!names.has(name)) names.set(name, "type");
    return name;
  }

  /** Notes the use of a value and returns its name. */
  value(name: string, module: string): string {
    this.#names(module).set(name, "value");
    return name;
  }

  /** Notes the use of all of a module under a name. */
  namespace(name: string, module: string): string {
    this.#namespaces.set(module, name);
    return name;
  }

  /**
   * Writes the imports: packages first, then files.
   *
   * @param form What the importing file is written in.
   * @param body What is left of it in that form.
   * @param extension What stands behind the names of files.
   */
  inForm(form: Form, body: string, extension: ImportExtension): string {
    const used = new Set(body.match(/[\p{ID_Continue}$]+/gu));
    const lines = new Map<string, string>();
    for (const [module, name] of this.#namespaces) {
      if (form === "ts" || used.has(name))
        lines.set(module, `import * as ${name} from "${address(module, extension)}";`);
    }
    for (const [module, all] of this.#modules) {
      const names = [...all]
        .filter(
          ([name, kind]) =>
            form === "ts" || (used.has(name) && !(form === "js" && kind === "type")),
        )
        .map(([name, kind]) => [name, form === "d.ts" ? "type" : kind] as const);
      if (names.length === 0) continue;
      const line = importLine(address(module, extension), names);
      lines.set(module, lines.has(module) ? `${lines.get(module)}\n${line}` : line);
    }
    const local = (module: string): number => Number(module.startsWith("."));
    return [...lines]
      .sort(([a], [b]) => local(a) - local(b) || (a < b ? -1 : 1))
      .map(([, line]) => line)
      .join("\n");
  }

  #names(module: string): Map<string, "type" | "value"> {
    let names = this.#modules.get(module);
    if (names === undefined) {
      names = new Map();
      this.#modules.set(module, names);
    }
    return names;
  }
}

function importLine(
  module: string,
  names: readonly (readonly [name: string, kind: "type" | "value"])[],
): string {
  const onlyTypes = names.every(([, kind]) => kind === "type");
  const sorted = [...names].sort(
    ([a], [b]) => compare(a.toLowerCase(), b.toLowerCase()) || compare(a, b),
  );
  const items = sorted.map(([name, kind]) =>
    kind === "type" && !onlyTypes ? `type ${name}` : name,
  );
  const [only] = items;
  const braces = items.length === 1 ? `{ ${only} }` : list("{", items, "}", { spaced: true });
  return `import ${onlyTypes ? "type " : ""}${braces} from "${module}";`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
