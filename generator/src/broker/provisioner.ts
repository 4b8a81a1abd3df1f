import { inboxOf } from "../roles/inboxes.js";
import { defaultAccount, PROVISIONER } from "../roles/role.js";
import type { BrokerUser } from "./broker.js";

/** User of the platform's account that creates the streams and consumers of users that are not trusted. */
export const provisioner: BrokerUser = {
  name: PROVISIONER,
  role: PROVISIONER,
  account: defaultAccount,
  permissions: {
    publish: [
      ...["INFO", "CREATE", "UPDATE", "DELETE"].map((verb) => `$JS.API.STREAM.${verb}.*`),
      "$JS.API.STREAM.LIST",
      "$JS.API.CONSUMER.CREATE.>",
      "$JS.API.CONSUMER.LIST.*",
      "$JS.API.CONSUMER.DELETE.*.*",
    ],
    subscribe: [inboxOf({ name: PROVISIONER })],
  },
};
