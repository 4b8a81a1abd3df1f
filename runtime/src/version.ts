/** The version of this package, as the server is told. */
export const VERSION = "0.1.0";
