import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inject } from "vitest";
import { project } from "./project.js";
import type { Workspace } from "./workspaces.js";

/** Waits until workspaces are built from the sources as they are; one build serves the whole run. */
export async function whenBuilt(...workspaces: readonly Workspace[]): Promise<void> {
  for (const workspace of workspaces) await shared(`/build/${workspace}`);
}

/**
 * Loads a module of the built generator, for what only the build has: threads that load files beside them.
 *
 * @param path The module's path below `dist`.
 */
export async function builtModule<T>(path: string): Promise<T> {
  await whenBuilt("generator");
  return import(/* @vite-ignore */ pathToFileURL(join(project, "generator/dist", path)).href);
}

/** @returns A result that the run makes once for all test files. */
export async function shared(path: string): Promise<string> {
  const response = await fetch(inject("runUrl") + path);
  const body = await response.text();
  if (!response.ok) throw new Error(body);
  return body;
}
