export { contextOf } from "./propagation.js";
export { traced } from "./traced-command.js";
