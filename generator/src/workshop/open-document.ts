import { createReadStream } from "node:fs";
import { isWebAddress, webAddress } from "../document/reference.js";
import { type DiskFiles, openDiskFiles } from "./disk-files.js";
import { readWebFile } from "./web-file.js";

/** The place of a document. */
export interface DocumentPlace {
  /** Its path, its address (`https://…`), or `-` for standard input. */
  readonly document: string;
  /** The folder that references may reach; see {@link defaultRoot} when undefined. */
  readonly root: string | undefined;
  /** `true` to read references to addresses. */
  readonly allowNet?: boolean | undefined;
}

/** Name of standard input as a document. */
export const STDIN = "-";

/** Checks for a document that is no file, and has no path. */
export function isNoFile(document: string): boolean {
  return document === STDIN || isWebAddress(document);
}

/** Opens a document on disk, on the network, or from standard input. */
export async function openDocument({
  document,
  root,
  allowNet = false,
}: DocumentPlace): Promise<DiskFiles> {
  if (isWebAddress(document)) return openWebDocument(document, allowNet);
  const files = document === STDIN ? await openStdin(root) : await openDiskFiles(document, root);
  return {
    ...files,
    allowNet,
    read: (path, maxBytes) =>
      isWebAddress(path) ? readWebFile(path, maxBytes) : files.read(path, maxBytes),
    show: (path) => (isWebAddress(path) ? path : files.show(path)),
  };
}

function openWebDocument(document: string, allowNet: boolean): DiskFiles {
  return {
    main: webAddress(document) ?? document,
    allowNet,
    sources: new Set(),
    read: readWebFile,
    show: (path) => path,
  };
}

/** References of a document from standard input start at the working folder. */
async function openStdin(root: string | undefined): Promise<DiskFiles> {
  const files = await openDiskFiles("stdin", root);
  return {
    main: files.main,
    sources: files.sources,
    read: (path, maxBytes) =>
      path === files.main ? readStdin(maxBytes) : files.read(path, maxBytes),
    show: (path) => (path === files.main ? "<stdin>" : files.show(path)),
  };
}

/** Several SDKs may have the same document. */
let input: Promise<string> | undefined;

function readStdin(maxBytes: number): Promise<string> {
  input ??= readAll(maxBytes);
  return input;
}

async function readAll(maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of createReadStream("", { fd: 0, autoClose: false })) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) throw new Error(`it is larger than the limit of ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks).toString("utf8");
}
