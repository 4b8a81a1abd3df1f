/** A generated file. */
export interface GeneratedFile {
  /** Its name within the output folder. */
  readonly path: string;
  readonly text: string;
}
