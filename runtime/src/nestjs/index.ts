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
import type { HostedNats } from "../pool/connection-group.js";
import { type HostedNatsOptions, hostedNats } from "../pool/hosted-nats.js";

export type { HostedNats } from "../pool/connection-group.js";
export type { HostedNatsOptions } from "../pool/hosted-nats.js";

/** Injection token of the engine: a connected `NatsCommand`. */
export const NATS: unique symbol = Symbol("NATS");

const OPTIONS = Symbol("NATS_OPTIONS");

/** @returns A decorator that injects the engine. */
export function InjectNats(): PropertyDecorator & ParameterDecorator {
  return Inject(NATS);
}

/** Source of the options, if other providers know them. */
export interface NatsModuleAsyncOptions extends Pick<ModuleMetadata, "imports"> {
  /** Providers that are passed to the factory. */
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[];
  /** Creates the options. */
  readonly useFactory: (...injected: never[]) => HostedNatsOptions | Promise<HostedNatsOptions>;
}

/**
 * Module for NestJS. It provides the engine to the whole application, connects it before the
 * application starts, logs through Nest's logger, and drains it when the application shuts down.
 * Call `app.enableShutdownHooks()` to do this at a signal as well.
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

  /** @param nats The engine; injected. */
  constructor(nats: HostedNats) {
    this.#nats = nats;
  }

  /** @param options Servers, number of connections, and options of the engine. */
  static forRoot(options: HostedNatsOptions = {}): DynamicModule {
    return NatsModule.forRootAsync({ useFactory: () => options });
  }

  /** @param options Source of the options. */
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

// The decorator of the constructor's parameter in plain JavaScript.
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
