import { isAbsolute, relative, sep } from "node:path";

/** Whether a path is a folder itself or lies within it. A name may begin with two dots. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
