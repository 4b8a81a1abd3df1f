import { isAbsolute, relative, sep } from "node:path";

/** Checks if a path is a folder or is within it. A name may begin with two dots. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
