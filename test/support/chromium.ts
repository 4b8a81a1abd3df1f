import { execFileSync } from "node:child_process";

/** The path of the Chromium that is installed; undefined where there is none. */
export const chromium: string | undefined = (() => {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("/bin/sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // The next one.
    }
  }
  return undefined;
})();
