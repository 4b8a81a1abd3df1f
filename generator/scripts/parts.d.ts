/** Paths of the generated modules, the same in the sources and in the build. */
export declare const parts: readonly string[];

/** Folder of the templates. */
export declare const templatesFolder: string;

/** Generates one of the modules. @returns Its code. */
export declare function makePart(path: string): Promise<string>;
