import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { createAccount, createOperator, createUser } from "@nats-io/nkeys";
import {
  credsAuthenticator,
  errors,
  jwtAuthenticator,
  nkeyAuthenticator,
} from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { startFakeServer } from "../support/fake-server.js";
import { bothConnects, described, type Options, rejection, StatusLog } from "./support.js";

const quick = { reconnectTimeWait: 10, reconnectJitter: 0, reconnectJitterTLS: 0 };

describe.each(bothConnects)("%s", (_side, connect) => {
  /** Connects, flushes and closes. */
  const connects = async (options: Options): Promise<void> => {
    const nc = await connect(options);
    await nc.flush();
    await nc.close();
  };

  describe("credentials", () => {
    it("accepts user and password, token, nkey, JWT, bearer and credentials, also several at once", async () => {
      const user = createUser();
      await using mixed = await startBroker({
        config: `authorization { users: [ { user: ada, password: s3 }, { nkey: ${user.getPublicKey()} } ] }`,
      });
      await connects({ servers: mixed.url, user: "ada", pass: "s3" });
      await connects({ servers: mixed.url, authenticator: nkeyAuthenticator(user.getSeed()) });
      const halves = [() => ({ user: "ada" }), () => ({ user: "ada", pass: "s3" })];
      await connects({ servers: mixed.url, authenticator: halves });
      await using token = await startBroker({ config: "authorization { token: t0 }" });
      await connects({ servers: token.url, token: "t0" });

      const operator = createOperator();
      const account = createAccount();
      const operatorJwt = await encodeOperator("operator", operator, {});
      const limits = { conn: -1, subs: -1, data: -1, payload: -1 };
      const accountJwt = await encodeAccount("account", account, { limits }, { signer: operator });
      const jwt = await encodeUser("user", user, account, {});
      const bearer = await encodeUser("bearer", createUser(), account, { bearer_token: true });
      await using jwts = await startBroker({
        config: `operator: ${operatorJwt}\nresolver: MEMORY\nresolver_preload: { ${account.getPublicKey()}: ${accountJwt} }`,
      });
      const { url: servers } = jwts;
      await connects({ servers, authenticator: jwtAuthenticator(jwt, user.getSeed()) });
      await connects({ servers, authenticator: jwtAuthenticator(() => bearer) });
      await connects({ servers, authenticator: credsAuthenticator(fmtCreds(jwt, user)) });
    });

    it("rejects with the server's error, and with an authenticator's error", async () => {
      await using broker = await startBroker({ config: "authorization { token: t0 }" });
      const error = await connect({ servers: broker.url, token: "no" }).catch(
        (cause: unknown) => cause,
      );
      expect(described(error)).toBe("AuthorizationError: Authorization Violation");
      expect(error).toBeInstanceOf(errors.AuthorizationError);
      const authenticator = () => {
        throw new Error("the vault is closed");
      };
      expect(await rejection(connect({ servers: broker.url, authenticator }))).toBe(
        "Error: the vault is closed",
      );
    });

    it("ends the connection after two rejections in a row, whatever the number of attempts", async () => {
      await using broker = await startBroker({ config: "authorization { token: t0 }" });
      let asked = 0;
      const nc = await connect({
        servers: broker.url,
        ...quick,
        maxReconnectAttempts: -1,
        authenticator: () => ({ auth_token: asked++ === 0 ? "t0" : "no" }),
      });
      const status = new StatusLog(nc);
      await nc.reconnect();
      const reason = await nc.closed();
      expect(reason).toBeInstanceOf(errors.AuthorizationError);
      expect(described(reason)).toBe("AuthorizationError: Authorization Violation");
      await status.done;
      expect(asked).toBe(3);
      expect(status.types.filter((type) => type === "error")).toHaveLength(2);
    });

    it("continues after rejections with ignoreAuthErrorAbort", async () => {
      await using broker = await startBroker({ config: "authorization { token: t0 }" });
      let asked = 0;
      const nc = await connect({
        servers: broker.url,
        ...quick,
        maxReconnectAttempts: -1,
        ignoreAuthErrorAbort: true,
        authenticator: () => ({ auth_token: asked++ === 0 || asked > 5 ? "t0" : "no" }),
      });
      const status = new StatusLog(nc);
      await nc.reconnect();
      await status.until("reconnect");
      expect(asked).toBe(6);
      await nc.close();
    });

    it("reports expired credentials and renews them, or closes with that reason", async () => {
      const expire = "-ERR 'User Authentication Expired'\r\n";
      const expiring = () =>
        startFakeServer(async (socket) => {
          await socket.greet();
          await socket.until("PING\r\n", 2);
          socket.send(`PONG\r\n${expire}`);
          socket.destroy();
        });
      await using once = await expiring();
      const nc = await connect({ servers: once.url, reconnect: false });
      await nc.flush();
      const reason = await nc.closed();
      expect(described(reason)).toBe("UserAuthenticationExpiredError: User Authentication Expired");
      expect(reason).toBeInstanceOf(errors.UserAuthenticationExpiredError);

      await using again = await expiring();
      const kept = await connect({ servers: again.url, ...quick });
      const status = new StatusLog(kept);
      for (let i = 1; i <= 3; i++) {
        await kept.flush();
        expect((await status.until("error", i)).error).toBeInstanceOf(
          errors.UserAuthenticationExpiredError,
        );
        await status.until("reconnect", i);
      }
      await kept.close();
    });
  });
});
