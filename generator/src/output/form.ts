/** What stands behind the name of a file that is imported: `./keys.js`, `./keys.ts` or `./keys`. */
export type ImportExtension = "js" | "ts" | "none";

/** What ends a line: a line feed, or a carriage return before it. */
export type LineEnding = "lf" | "crlf";

/** What the SDK is written in: TypeScript, or JavaScript with declarations, ready to publish. */
export type Target = "ts" | "js";
