import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, relative, resolve, sep } from "node:path";
import { words } from "../../model/words.js";
import type { Values } from "../../option.js";
import { isWithin } from "../../paths.js";
import { configNames, findConfig, type LoadedConfig } from "../../workshop/config/load-config.js";
import { defaultRoot } from "../../workshop/default-root.js";
import { printable } from "../../workshop/report.js";
import type { Terminal } from "../../workshop/terminal.js";
import { UsageError } from "../command.js";
import { findDocument, isDocument } from "./find-document.js";
import { firstDocument } from "./first-document.js";
import { initCommandOptions } from "./options.js";
import { addScripts, newPackage, PackageError } from "./package-scripts.js";
import { workflow } from "./workflow.js";

/** Answers to the questions. */
export interface Answers {
  /** The document's title. */
  readonly title: string;
  /** The document's path, from the working folder. */
  readonly document: string;
  /** The SDK's folder, from the working folder. */
  readonly output: string;
  /** `true` to write a workflow for CI. */
  readonly ci: boolean;
  /** `true` if the document exists already. */
  readonly isFound: boolean;
}

interface NewFile {
  readonly path: string;
  readonly text: string;
}

const MANIFEST = "package.json";
const WORKFLOW = ".github/workflows/sdk.yml";

/**
 * Asks, or uses the defaults, and writes a first document with a configuration and scripts. A project that has a
 * document keeps it. It overwrites no file, and no script of a `package.json`.
 *
 * @returns The exit code.
 */
export async function runInit(
  values: Values<typeof initCommandOptions>,
  terminal: Terminal,
): Promise<number> {
  const known = values.ci === true ? await findConfig(process.cwd()) : undefined;
  if (known !== undefined) return addWorkflow(known, terminal);
  const found = values.document ?? (await findDocument());
  const proposed: Answers = {
    title: values.title ?? (titleOf(basename(process.cwd())) || "My game"),
    document: found ?? initCommandOptions.document.default,
    output: values.output ?? initCommandOptions.output.default,
    ci: values.ci ?? false,
    isFound: found !== undefined && existsSync(found),
  };
  const answers = values.yes === true ? proposed : await asked(proposed);
  if (answers === undefined) return 1;
  const { document, output } = answers;
  for (const path of [document, output]) checkInside(path);
  if (answers.isFound && !(await isDocument(document))) {
    terminal.error(
      `alternats-gen: ${printable(document)} is no AsyncAPI document; nothing was written.\n`,
    );
    return 1;
  }
  const files = newFiles(answers);
  const others = configNames.filter((name) => existsSync(name));
  const taken = [...new Set([...files.map(({ path }) => path), ...others])].filter((path) =>
    existsSync(path),
  );
  if (taken.length > 0) {
    const list = taken.map(printable).join(", ");
    terminal.error(
      `alternats-gen: ${list} ${taken.length === 1 ? "exists" : "exist"} already; nothing was written.\n`,
    );
    return 1;
  }
  let manifest: Awaited<ReturnType<typeof readManifest>>;
  try {
    manifest = await readManifest(answers);
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    terminal.error(`alternats-gen: ${error.message} Nothing was written.\n`);
    return 1;
  }
  for (const { path, text } of files) {
    await mkdir(dirname(path), { recursive: true });
    // A file that was created meanwhile stays.
    await writeFile(path, text, { flag: "wx" });
  }
  await writeFile(MANIFEST, manifest.text);
  if (answers.isFound)
    terminal.out(`${printable(document)} is the document; --document names another\n`);
  for (const { path } of files) terminal.out(`${printable(path)} written\n`);
  const { added, kept, isNew } = manifest;
  if (isNew) terminal.out(`${MANIFEST} written\n`);
  else if (added.length > 0) terminal.out(`${MANIFEST}: ${added.join(", ")} added to scripts\n`);
  for (const name of kept) {
    terminal.out(`${MANIFEST}: the existing script ${name} stays\n`);
  }
  terminal.out(
    "\nNext:\n  npm install alternats\n  npm install --save-dev alternats-gen typescript @types/node\n  npx alternats-gen\n",
  );
  return 0;
}

/** @returns Undefined if the person cancels. */
async function asked(proposed: Answers): Promise<Answers | undefined> {
  const { confirm, input } = await import("@inquirer/prompts");
  const notEmpty = (text: string): true | string => text.trim() !== "" || "It cannot be empty.";
  const inside = (path: string): true | string =>
    isInside(path) || "Give a path within the working folder.";
  try {
    return {
      isFound: proposed.isFound,
      title: proposed.isFound
        ? proposed.title
        : await input({
            message: "Title of the document",
            default: proposed.title,
            validate: notEmpty,
          }),
      document: proposed.isFound
        ? proposed.document
        : await input({
            message: "Path of the document",
            default: proposed.document,
            validate: inside,
          }),
      output: await input({
        message: "Folder of the SDK",
        default: proposed.output,
        validate: inside,
      }),
      ci: await confirm({ message: "Add a workflow for GitHub?", default: proposed.ci }),
    };
  } catch (error) {
    // Ctrl+C
    if (error instanceof Error && error.name === "ExitPromptError") return undefined;
    throw error;
  }
}

/** Adds the workflow to a project that has a configuration. */
async function addWorkflow({ file, config }: LoadedConfig, terminal: Terminal): Promise<number> {
  const configured = config.document ?? config.sdks?.find(({ document }) => document)?.document;
  const refuse = (reason: string): number => {
    terminal.error(`alternats-gen: ${reason}; nothing was written.\n`);
    return 1;
  };
  if (configured === undefined) return refuse(`${printable(seen(file))} names no document`);
  if (existsSync(WORKFLOW)) return refuse(`${WORKFLOW} exists already`);
  await mkdir(dirname(WORKFLOW), { recursive: true });
  const document = seen(resolve(dirname(file), configured));
  await writeFile(WORKFLOW, workflow(document), { flag: "wx" });
  terminal.out(`${WORKFLOW} written\n`);
  return 0;
}

/** Returns a path from the working folder, with slashes. */
function seen(path: string): string {
  return relative(process.cwd(), resolve(path)).split(sep).join("/") || ".";
}

function newFiles({ title, document, output, ci, isFound }: Answers): readonly NewFile[] {
  const root = seen(defaultRoot(document, process.cwd()));
  const config = `import { defineConfig } from "alternats-gen";

export default defineConfig({
  document: ${JSON.stringify(seen(document))},
  output: ${JSON.stringify(seen(output))},
  // The folder that references may reach.
  root: ${JSON.stringify(root)},
${isFound ? "" : '  lint: { preset: "gamingapi" },\n'}});
`;
  return [
    ...(isFound ? [] : [{ path: document, text: firstDocument(title) }]),
    { path: "alternats.config.ts", text: config },
    ...(ci ? [{ path: WORKFLOW, text: workflow(seen(document)) }] : []),
  ];
}

async function readManifest({ title }: Answers): Promise<{
  readonly text: string;
  readonly isNew: boolean;
  readonly added: readonly string[];
  readonly kept: readonly string[];
}> {
  const scripts = {
    generate: "alternats-gen",
    "check:sdk": "alternats-gen --check",
    "lint:api": "alternats-gen lint",
  };
  if (!existsSync(MANIFEST)) {
    const name = words(title).join("-").toLowerCase();
    return { text: newPackage(name, scripts), isNew: true, added: [], kept: [] };
  }
  return { isNew: false, ...addScripts(await readFile(MANIFEST, "utf8"), scripts) };
}

/** `my-game_events` → `My game events` */
function titleOf(folder: string): string {
  const text = words(folder).join(" ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function checkInside(path: string): void {
  if (!isInside(path)) throw new UsageError(`"${path}" is outside of the working folder.`);
}

function isInside(path: string): boolean {
  const full = resolve(path);
  return full !== process.cwd() && isWithin(process.cwd(), full);
}
