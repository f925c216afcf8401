// What an instance's container has for providers, and where it looks for them.
import type { Clock } from './clock.js';
import type { RandomSource } from './instance-host.js';
import type { NSPV2_ROUTINES } from './name-space-provider-v2.js';
import type { LPNSPSTARTUP } from './name-space-startup.js';
import type { PortReservations, PortSpace } from './port-reservations.js';
import type { LPWSPSTARTUP } from './startup.js';

/** What a container of inversify takes to stand for a service of this type. */
export type ServiceIdentifier<T = unknown> =
  | string
  | symbol
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as inversify declares it
  | (abstract new (...args: any[]) => T);

/**
 * What a provider's module exports: a start-up function of either kind, or the routines of a name-space provider of
 * version 2.
 */
export interface ProviderModule extends Partial<NSPV2_ROUTINES> {
  readonly WSPStartup?: LPWSPSTARTUP;
  readonly NSPStartup?: LPNSPSTARTUP;
  /** Of a base provider of TCP/IP: its ports, for reservations. */
  readonly ports?: PortSpace;
}

/** Looks up a service of the instance; `undefined` when nothing is bound. */
export type ServiceLookup = <T>(identifier: ServiceIdentifier<T>) => T | undefined;

/**
 * What the module of a built-in provider may export in place of `WSPStartup` and `NSPStartup`, when it needs services
 * of the instance beyond its host: called once per instance, at first need.
 */
export interface ProviderFactoryModule {
  createProvider(lookup: ServiceLookup): ProviderModule;
}

/** The instance's clock. */
export const CLOCK: ServiceIdentifier<Clock> = Symbol.for('ws2spi.clock');
/** The instance's source of chance. */
export const RANDOM: ServiceIdentifier<RandomSource> = Symbol.for('ws2spi.random');
/**
 * The network of the memory provider, as `createMemoryNetwork()` made it; bound only when the instance was given one.
 */
export const NETWORK: ServiceIdentifier<object> = Symbol.for('ws2spi.network');
/** The binding to the operating system; bound only when the instance was given one. */
export const PLATFORM: ServiceIdentifier<object> = Symbol.for('ws2spi.platform');

/** The reserved ports that hold for the instance. */
export const PORT_RESERVATIONS: ServiceIdentifier<PortReservations> = Symbol.for('ws2spi.port-reservations');

/** The identifier under which a container binds the provider that catalogs call `di:<name>`. */
export function providerIdentifier(name: string): ServiceIdentifier<ProviderModule> {
  return `di:${name}`;
}
