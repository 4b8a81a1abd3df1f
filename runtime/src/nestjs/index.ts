import {
  type DynamicModule,
  Inject,
  type InjectionToken,
  Logger,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type OptionalFactoryDependency,
} from "@nestjs/common";
import type { NatsLogger } from "../logger.js";
import { type HostedNats, type HostedNatsOptions, hostedNats } from "../pool/hosted-nats.js";

export type { HostedNats, HostedNatsOptions } from "../pool/hosted-nats.js";

/** The token under which the engine is provided: a `NatsCommand` that is connected. */
export const NATS: unique symbol = Symbol("NATS");

const OPTIONS = Symbol("NATS_OPTIONS");

/** @returns A decorator that has the engine injected. */
export function InjectNats(): PropertyDecorator & ParameterDecorator {
  return Inject(NATS);
}

/** Where the options come from, when other providers know them. */
export interface NatsModuleAsyncOptions extends Pick<ModuleMetadata, "imports"> {
  /** What the factory gets. */
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  /** Makes the options. */
  readonly useFactory: (...injected: never[]) => HostedNatsOptions | Promise<HostedNatsOptions>;
}

/**
 * A module for NestJS: the engine is provided to the whole application, connected before the application
 * starts, logs through Nest's logger, and is drained when the application shuts down. Call
 * `app.enableShutdownHooks()` to have that done at a signal, too.
 *
 * ```ts
 * import { InjectNats, NatsModule } from "alternats/nestjs";
 *
 * @Injectable()
 * class Announcer {
 *   constructor(@InjectNats() private readonly nats: NatsCommand) {}
 * }
 *
 * @Module({ imports: [NatsModule.forRoot({ servers: "nats://localhost:4222" })], providers: [Announcer] })
 * class AppModule {}
 * ```
 */
export class NatsModule implements OnApplicationShutdown {
  readonly #nats: HostedNats;

  /** @param nats What the module provides; injected. */
  constructor(nats: HostedNats) {
    this.#nats = nats;
  }

  /** @param options How many connections to which servers, and how they behave. */
  static forRoot(options: HostedNatsOptions = {}): DynamicModule {
    return NatsModule.forRootAsync({ useFactory: () => options });
  }

  /** @param options Where the options come from. */
  static forRootAsync({
    imports = [],
    inject = [],
    useFactory,
  }: NatsModuleAsyncOptions): DynamicModule {
    return {
      module: NatsModule,
      global: true,
      imports,
      providers: [
        { provide: OPTIONS, inject, useFactory },
        { provide: NATS, inject: [OPTIONS], useFactory: connected },
      ],
      exports: [NATS],
    };
  }

  /** Called by Nest when the application shuts down. */
  onApplicationShutdown(): Promise<void> {
    return this.#nats.drain();
  }
}

// The decorator of the constructor's parameter, in plain JavaScript.
InjectNats()(NatsModule, undefined, 0);

async function connected(options: HostedNatsOptions): Promise<HostedNats> {
  const nats = hostedNats({ logger: nestLogger(), ...options });
  try {
    await nats.connect();
  } catch (error) {
    await nats.close();
    throw error;
  }
  return nats;
}

function nestLogger(): NatsLogger {
  const logger = new Logger("alternats");
  const line = (details: object, message: string) => `${message} ${JSON.stringify(details)}`;
  return {
    trace: (details, message) => logger.verbose(line(details, message)),
    debug: (details, message) => logger.debug(line(details, message)),
    info: (details, message) => logger.log(line(details, message)),
    warn: (details, message) => logger.warn(line(details, message)),
    error: (details, message) => logger.error(line(details, message)),
  };
}
