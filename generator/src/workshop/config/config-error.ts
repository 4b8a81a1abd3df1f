/** The configuration, or a setting, is wrong; the message names it and says how to correct it. */
export class ConfigError extends Error {
  /** `NO_DOCUMENT` if neither settings nor configuration name a document, else `CONFIG`. */
  readonly code: "CONFIG" | "NO_DOCUMENT";

  /**
   * @param message Description of the problem and of its correction.
   * @param options `code`, default `CONFIG`; `cause`: the error that caused this one, if any.
   */
  constructor(message: string, options: ErrorOptions & { readonly code?: "NO_DOCUMENT" } = {}) {
    super(message, options);
    this.name = "ConfigError";
    this.code = options.code ?? "CONFIG";
  }
}
