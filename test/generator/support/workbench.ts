import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type Diagnostic,
  type GenerateOptions,
  type GenerateResult,
  generate,
} from "../../../generator/src/index.ts";
import { whenBuilt } from "../../support/built.js";
import { project } from "../../support/project.js";

export { project } from "../../support/project.js";
export { corpus } from "./corpus-index.js";

/** Generates from files on disk. */
export function generateFrom(
  root: string,
  main: string,
  options?: GenerateOptions,
): Promise<GenerateResult> {
  return generate({ main, read: (path) => readFile(join(root, path), "utf8") }, options);
}

/** Generates from files in memory; the first is the document. */
export function generateText(
  files: Readonly<Record<string, string>>,
  options?: GenerateOptions,
): Promise<GenerateResult> {
  const main = Object.keys(files)[0];
  if (main === undefined) throw new Error("no document");
  return generate(
    {
      main,
      async read(path) {
        const text = files[path];
        if (text === undefined) throw new Error("there is no such file");
        return text;
      },
    },
    options,
  );
}

/** Generates from a document that has to be without errors. */
export async function generateGood(
  files: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const { files: generated, diagnostics } = await generateText(files);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(formatted).join("\n"));
  return Object.fromEntries(generated.map(({ path, text }) => [path, text]));
}

export function formatted({ file, line, column, severity, code }: Diagnostic): string {
  return `${file}:${line}:${column} ${severity} ${code}`;
}

/** A folder that looks like a user's project, removed at the end of the scope. */
export class Workbench implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Workbench> {
    const folder = await mkdtemp(join(tmpdir(), "alternats-"));
    await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
    await symlink(join(project, "node_modules"), join(folder, "node_modules"));
    return new Workbench(folder);
  }

  async write(path: string, text: string): Promise<void> {
    const place = join(this.folder, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text);
  }

  async writeAll(
    folder: string,
    files: readonly { readonly path: string; readonly text: string }[],
  ): Promise<void> {
    for (const { path, text } of files) await this.write(join(folder, path), text);
  }

  /**
   * Compiles everything in the folder as a strict user would.
   *
   * @param options Compiler options to add or to replace.
   * @param compiler The compiler's folder in the project.
   * @param include The patterns of its files, where those are not all.
   * @returns The compiler's errors; empty if there are none.
   */
  async compile(
    options: object = {},
    compiler = "node_modules/typescript",
    include: readonly string[] = ["**/*.ts"],
  ): Promise<string> {
    const config = {
      compilerOptions: {
        target: "es2022",
        lib: ["es2023", "esnext.disposable"],
        module: "nodenext",
        types: ["node"],
        strict: true,
        noUnusedLocals: true,
        noUnusedParameters: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        verbatimModuleSyntax: true,
        erasableSyntaxOnly: true,
        isolatedModules: true,
        noEmit: true,
        skipLibCheck: true,
        ...options,
      },
      include,
    };
    // SDKs are compiled against the package's declarations, as a user has them.
    await whenBuilt("runtime");
    await this.write("tsconfig.json", JSON.stringify(config));
    const tsc = join(project, compiler, "bin/tsc");
    const { output } = await run(process.execPath, [tsc, "-p", this.folder], this.folder);
    return output;
  }

  async list(folder = "."): Promise<readonly string[]> {
    return (await readdir(join(this.folder, folder))).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Result of a program. */
export interface Run {
  readonly code: number | null;
  /** Text of standard output and error, in the order of arrival. */
  readonly output: string;
}

export function run(program: string, args: readonly string[], cwd: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}
