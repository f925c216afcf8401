// Errors that only a system in trouble gives: put in where the provider asks the system, so that all above is as ever.
import { Container } from 'inversify';
import { WSAEWOULDBLOCK, type InstanceHost, type Ws2_32Options } from 'ws2spi';
import { baseProviderStartup, Readiness, type CoreFactory, type SocketCore } from 'ws2spi/io';
import { systemSockets, type PlatformSockets } from 'ws2spi/platform';
import { createMemoryCoreFactory, createMemoryNetwork, type MemoryNetwork } from 'ws2spi/providers/memory';
import type { Base } from '../../support/providers.js';

/** What a provider asks of the system below it; `outcome` is what becomes of a connection later. */
export type SystemOperation =
  | 'open'
  | 'bind'
  | 'listen'
  | 'accept'
  | 'connect'
  | 'outcome'
  | 'receive'
  | 'send'
  | 'shutdown'
  | 'local name'
  | 'peer name'
  | 'set option'
  | 'get option'
  | 'control'
  | 'offer';

/** What the operations that are in it fail with; the others succeed. */
export type Faults = Map<SystemOperation, number>;

/** Functions of the operating system, by operation: `count` yields the negated code, `code` the code itself. */
const PLATFORM_FUNCTIONS: readonly [SystemOperation, 'count' | 'code', readonly (keyof PlatformSockets)[]][] = [
  ['open', 'count', ['socket']],
  ['bind', 'code', ['bind']],
  ['listen', 'code', ['listen']],
  ['accept', 'count', ['accept']],
  ['connect', 'code', ['connect']],
  ['receive', 'count', ['receive', 'receiveVector', 'receiveDatagram', 'receiveDatagramVector', 'receiveMessage']],
  ['send', 'count', ['send', 'sendTo', 'sendVector', 'sendMessage', 'sendFile']],
  ['shutdown', 'code', ['shutdownSend']],
  ['local name', 'code', ['localName']],
  ['peer name', 'code', ['peerName']],
  ['set option', 'code', ['setOption']],
  ['get option', 'count', ['getOption']],
  ['control', 'code', ['keepAlive']],
  ['offer', 'code', ['offer']],
];

/** The same of a core, for a provider that has no operating system below it. */
const CORE_FUNCTIONS: readonly [SystemOperation, 'count' | 'code', readonly (keyof SocketCore)[]][] = [
  ['bind', 'code', ['bind']],
  ['listen', 'code', ['listen']],
  ['accept', 'code', ['tryAccept']],
  ['connect', 'code', ['tryConnect']],
  ['receive', 'count', ['tryReceive', 'tryReceiveMessage']],
  ['send', 'count', ['trySend', 'trySendMessage', 'trySendFile']],
  ['shutdown', 'code', ['shutdown']],
  ['local name', 'code', ['localName']],
  ['peer name', 'code', ['peerName']],
  ['set option', 'code', ['setOption']],
  ['get option', 'count', ['getOption']],
  ['control', 'count', ['ioctl']],
];

type AnyFunction = (...args: unknown[]) => unknown;

function faultyPlatform(faults: Faults): object {
  const real = systemSockets() as unknown as Record<string, AnyFunction>;
  const platform: Record<string, unknown> = { system: real['system'], traits: real['traits'] };
  // Its functions come from several classes, one upon the other.
  for (let made: object = Object.getPrototypeOf(real); made !== Object.prototype; made = Object.getPrototypeOf(made)) {
    for (const name of Object.getOwnPropertyNames(made)) {
      if (name !== 'constructor') platform[name] = (...args: unknown[]) => real[name]!(...args);
    }
  }
  platform['takeError'] = (...args: unknown[]) => {
    const error = real['takeError']!(...args);
    return error === 0 ? 0 : (faults.get('outcome') ?? error);
  };
  for (const [operation, form, functions] of PLATFORM_FUNCTIONS) {
    for (const name of functions) {
      platform[name] = (...args: unknown[]) => {
        const error = faults.get(operation);
        return error === undefined ? real[name]!(...args) : form === 'count' ? -error : error;
      };
    }
  }
  return platform;
}

function makeFaulty(core: SocketCore, faults: Faults): SocketCore {
  const own = core as unknown as Record<string, AnyFunction | undefined>;
  let outcome = core.error;
  Object.defineProperty(core, 'error', {
    get: () => (outcome === 0 ? 0 : (faults.get('outcome') ?? outcome)),
    set: (error: number) => (outcome = error),
  });
  for (const [operation, form, functions] of CORE_FUNCTIONS) {
    for (const name of functions) {
      const real = own[name]?.bind(core);
      if (real === undefined) continue;
      own[name] = (...args: unknown[]) => {
        const error = faults.get(operation);
        if (error === undefined) {
          const result = real(...args);
          return operation === 'accept' && typeof result === 'object'
            ? makeFaulty(result as SocketCore, faults)
            : result;
        }
        // As a core does that finds no room.
        if (operation === 'send' && error === WSAEWOULDBLOCK) core.readiness &= ~Readiness.WRITABLE;
        return form === 'count' ? -error : error;
      };
    }
  }
  return core;
}

function faultyMemory(network: MemoryNetwork, faults: Faults): Container {
  const createCores = (host: InstanceHost): CoreFactory => {
    const { createCore } = createMemoryCoreFactory(network, host);
    return {
      createCore(...args) {
        const error = faults.get('open');
        if (error !== undefined) return error;
        const core = createCore(...args);
        return typeof core === 'number' ? core : makeFaulty(core, faults);
      },
    };
  };
  const container = new Container();
  container.bind('di:memory').toConstantValue({ WSPStartup: baseProviderStartup('memory, with faults', createCores) });
  return container;
}

/**
 * What to make a world from whose system can be made to fail.
 *
 * @param silent an address at which nobody answers, on a memory network
 */
export function faultyOptions(base: Base, faults: Faults, silent: string): Ws2_32Options {
  if (base === 'tcpip') return { platform: faultyPlatform(faults) };
  const network = createMemoryNetwork({ silent: [silent] });
  return { network, container: faultyMemory(network, faults) };
}
