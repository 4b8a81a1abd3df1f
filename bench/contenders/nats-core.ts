import { connect } from "alternats/nats-core";
import { clientWorks } from "../work/client-works.js";
import { natsCore } from "./nats-js.js";

/** A program written for nats.js, on our engine: the import is all that differs. */
export const prepare = clientWorks(natsCore(connect));
