/** Paths of the made modules within the package's sources and within its build. */
export declare const parts: readonly string[];

/** Folder of the templates. */
export declare const templatesFolder: string;

/** Makes one of the modules. @returns Its code. */
export declare function makePart(path: string): Promise<string>;
