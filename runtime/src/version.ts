/** The version of this package, as sent to the server. */
export const VERSION = "0.1.0";

/** The language of this package, as sent to the server. */
export const LANGUAGE = "typescript";
