export * from "../../examples/broker/src/broker.js";
