import { DocumentThread } from "../../workshop/document-thread.js";
import type { BrokerInput, BrokerPlanned } from "./task.js";

/** Reads the roles of a document in a thread with limits. */
export async function planBroker(input: BrokerInput): Promise<BrokerPlanned> {
  await using thread = new DocumentThread();
  return thread.run<BrokerInput, BrokerPlanned>(new URL("./task.js", import.meta.url), input);
}
