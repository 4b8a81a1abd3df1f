/** The formats that codecs are compiled for. */
export type CompiledFormat = "json" | "msgpack";

/** A function of `codecs.ts`, without its name. */
export interface CompiledFunction {
  readonly parameters: string;
  readonly result: string;
  /** The lines of its body. */
  readonly lines: readonly string[];
}

/**
 * Compiles a function once, for any number of uses.
 *
 * @param key Purpose of the function.
 * @param wanted Its name, unless another function has it.
 * @returns Its final name.
 */
export type CompileOnce = (key: string, wanted: string, compile: () => CompiledFunction) => string;
