/** A function of `codecs.ts`, without its name. */
export interface CompiledFunction {
  readonly parameters: string;
  readonly result: string;
  /** The lines of its body. */
  readonly lines: readonly string[];
}

/**
 * Compiles a function once, however often it is used.
 *
 * @param key What it is for.
 * @param wanted The name that it gets unless another function has it.
 * @returns Its name.
 */
export type CompileOnce = (key: string, wanted: string, compile: () => CompiledFunction) => string;
