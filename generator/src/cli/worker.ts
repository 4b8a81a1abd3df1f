/** The thread in which the command generates; see generate-within.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { generate } from "../generate.js";
import { diskFiles } from "./disk-files.js";
import type { Job, JobResult } from "./job.js";

const { document, root, options } = workerData as Job;
const disk = diskFiles(document, root);
const { files, diagnostics } = await generate(disk, options);
const result: JobResult = {
  files,
  diagnostics: diagnostics.map((each) => ({ ...each, file: disk.show(each.file) })),
};
parentPort?.postMessage(result);
