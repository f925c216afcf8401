import type { LayerTrial } from '../catalog/functions.js';
import { InstanceCatalog, type CatalogProblem } from '../catalog/instance.js';
import { loadPart } from '../host/load-part.js';
import {
  beforeSleep,
  behindImmediates,
  callFromLoop,
  enterApplicationBy,
  Host,
  systemClock,
  systemRandom,
} from '../host/index.js';
import {
  INSTANCE,
  providerIdentifier,
  WSA_OPERATION_ABORTED,
  type Defect,
  type DeferredWork,
  type InstanceHost,
  type ProviderRegistry,
} from '../spi/index.js';
import { takeOptions } from '../spi/option-check.js';
import { createHostFunctions, type HostFunctions, type PortReservationContext } from './api/index.js';
import {
  ConfigurationChanges,
  Dispatcher,
  signatureTables,
  type HostLookup,
  type RecordLookup,
} from './dispatcher/index.js';
import { createDebugFunctions, traceByEnvironment, type DebugFunctions } from './debug-functions.js';
import { createFunctions, type Ws2_32Functions } from './functions.js';
import { InstanceListeners, type InstanceEvents } from './instance-listeners.js';
import { catalogOf, type Ws2_32Options } from './instance-options.js';
import type * as LayerTrialPart from './layer-trial.js';
import { InstancePorts } from './port-reservations.js';
import { createNamesOnDemand } from './name-functions.js';
import {
  createHostFactory,
  createInstanceContainer,
  createUpcalls,
  ProviderLoader,
  TransportProviders,
} from './loading/index.js';

/** What other rooms of the package need of an instance, under the symbol `INSTANCE`; no application does. */
export interface InstanceInternals extends ProviderRegistry {
  /** The catalog as the instance sees it; before the first WSAStartup, as it is when it is first asked for. */
  readonly catalog: InstanceCatalog;
  /** What waits at present, a line each: blocking calls, and what the thread's sockets wait for. */
  waiters(): readonly string[];
  /** Has a connect called whose address was found for a host's name: layers are told the name. */
  connectNamed<T>(name: string | null, connect: () => T): T;
  /** A host as name-space providers get it. */
  readonly providerHost: InstanceHost;
  /** Tells a function whenever the use of the instance ends, by the last WSACleanup or by dispose: all sockets are gone then. */
  onEnd(ended: () => void): void;
  /**
   * Has a task run whenever a blocking call, of any instance of this thread, would go to sleep; it returns whether it had
   * something to do.
   */
  beforeSleep(task: () => boolean): void;
  /** Queues what the application is told behind all that came in until then, as the event loop turns. */
  queueCompletion(work: DeferredWork): void;
  /**
   * Has what the application is told, by any instance of this thread, begin where the event loop polls, as callbacks of Node.js'
   * own handles do.
   *
   * @param enter enters one of Node.js' callback scopes, and calls the function given in it
   */
  enterApplicationBy(enter: (turn: () => void) => void): void;
  /**
   * Calls something from where the event loop polls, outside of Node.js' callback scopes, if anything can.
   *
   * @param work must not throw
   */
  callFromLoop(work: () => void): void;
  /**
   * Does something behind the immediates that have been set in this turn of the event loop, as what is closed in a callback of
   * Node.js' own comes behind those.
   *
   * @param work must not throw
   */
  behindImmediates(work: () => void): void;
  /** Looks a host's addresses up without waiting. */
  readonly lookUp: HostLookup;
  /** Looks records of the domain name system up without waiting. */
  readonly lookUpRecords: RecordLookup;
}

/** An instance of WS2_32: its methods work detached from it too. */
export interface Ws2_32 extends Ws2_32Functions {
  /** What an application takes from Win32. */
  readonly host: HostFunctions;
  /** Hooks on all calls, and traces of them. */
  readonly debug: DebugFunctions<Ws2_32Functions>;
  /** Tells a listener of an event. */
  on<E extends keyof InstanceEvents>(event: E, listener: (...data: InstanceEvents[E]) => void): void;
  /** Takes a listener off. */
  off<E extends keyof InstanceEvents>(event: E, listener: (...data: InstanceEvents[E]) => void): void;
  /**
   * Why a `WSC*` function of this instance, or one of port reservations, was refused last, naming file, entry and cure; `null`
   * when none was.
   */
  lastProblem(): CatalogProblem | null;
  /** Takes every WSAStartup back and closes everything. */
  [Symbol.dispose](): void;
  readonly [INSTANCE]: InstanceInternals;
}

/** Wires an instance together; see `createWs2_32` in create.ts. */
export function createInstance(given: Ws2_32Options): Ws2_32 {
  const options = takeOptions(given);
  const store = catalogOf(options);
  const listeners = new InstanceListeners();
  const clock = options.clock ?? systemClock();
  const random = options.random ?? systemRandom();
  const report = (defect: Defect): void => listeners.report(defect);
  const host = new Host({
    clock,
    random,
    alertableEventLoop: options.alertableEventLoop ?? true,
    spin: options.spin ?? 0,
    report,
  });
  const trusting = options.trustCatalog === true;
  const catalog = new InstanceCatalog(store, trusting);
  const ports = new InstancePorts(store, options.network, report);
  const container = createInstanceContainer(options.container, {
    clock,
    random,
    network: options.network,
    platform: options.platform,
    portReservations: () => ports.forProviders,
  });

  const dispatcher = new Dispatcher(host, catalog, report);
  const hostFor = createHostFactory(dispatcher);
  dispatcher.useProviders(
    new TransportProviders(dispatcher, new ProviderLoader(container, store.path, trusting), (provider) =>
      createUpcalls(dispatcher, provider, hostFor(provider)),
    ),
  );
  const changes = new ConfigurationChanges(
    host,
    () => store.serial(),
    () => changed(),
  );
  const changed = (): void => {
    // An instance goes on with the catalog that it began with, unless it asked to be told of changes.
    if (changes.wanted) catalog.refresh();
    changes.changed();
    listeners.tell('catalog');
  };
  const stopWatching = store.onChange(changed);

  const providerHost = hostFor(null);
  const names = createNamesOnDemand(
    dispatcher,
    () => new ProviderLoader(container, store.path, trusting),
    providerHost,
  );
  let lastProblem: CatalogProblem | null = null;
  const explain = (problem: CatalogProblem): void => {
    lastProblem = problem;
    listeners.explain(problem);
  };
  const portContext: PortReservationContext = {
    get store() {
      return ports.store;
    },
    spaces: () => ports.spaces(container.get),
    explain(problem, expected) {
      lastProblem = problem;
      if (!expected) explain(problem);
    },
  };
  const distrust = (): CatalogProblem | null => (trusting ? null : (store.distrust?.('change') ?? null));
  // Loaded when a layer is installed, which few programs do.
  const trial: LayerTrial = (data, chains, file) =>
    loadPart<typeof LayerTrialPart>(import.meta.url, './layer-trial.js').tryLayer(
      createInstance,
      { ...optionsOfTrials(options), clock, random },
      data,
      chains,
      file,
    ).failure;
  const functions = createFunctions(
    dispatcher,
    { report: explain, distrust },
    trial,
    changes,
    names.functions,
    portContext,
  );

  const internals: InstanceInternals = {
    get catalog() {
      if (catalog.serial === 0) catalog.refresh();
      return catalog;
    },
    waiters: () => host.waiters(),
    connectNamed: (name, connect) => dispatcher.connectNamed(name, connect),
    providerHost,
    beforeSleep,
    queueCompletion: (work) => host.queueCompletion(work),
    enterApplicationBy,
    callFromLoop,
    behindImmediates,
    onEnd: (ended) => void dispatcher.endings.add(ended),
    bindProvider(name, module) {
      container.bind(providerIdentifier(name), module);
    },
    unbindProvider(name) {
      container.unbind(providerIdentifier(name));
    },
    addEntries(protocols, isFirst) {
      const added = catalog.addTransient(protocols, isFirst);
      changed();
      return added;
    },
    addNameSpace(path, info, isFirst) {
      catalog.addTransientNameSpace({ path, info }, isFirst);
      changed();
    },
    removeNameSpace(providerId) {
      catalog.removeTransientNameSpace(providerId);
      names.letGo(providerId);
      changed();
    },
    lookUp: (node, hints, found) => dispatcher.nameSpaces!.lookUp(node, hints, found),
    lookUpRecords: (name, type, found) => dispatcher.nameSpaces!.lookUpRecords(name, type, found),
    removeEntries(ids) {
      catalog.removeTransient(ids);
      changed();
    },
  };

  const instance: Ws2_32 = {
    ...functions,
    host: createHostFunctions(dispatcher, changes),
    debug: createDebugFunctions(dispatcher),
    on: (event, listener) => listeners.add(event, listener),
    off: (event, listener) => listeners.remove(event, listener),
    lastProblem: () => lastProblem,
    [Symbol.dispose]() {
      if (!dispatcher.dispose()) return;
      stopWatching();
      changes.closeAll(WSA_OPERATION_ABORTED);
      ports.close();
      host.close();
      listeners.forget();
    },
    [INSTANCE]: internals,
  };
  dispatcher.useApi(instance);
  dispatcher.borders.add(
    'api',
    instance,
    () => signatureTables().API_SIGNATURES,
    () => null,
  );
  traceByEnvironment(dispatcher);
  return instance;
}

// A trial has a catalog of its own.
function optionsOfTrials(options: Ws2_32Options): Omit<Ws2_32Options, 'catalog' | 'base'> {
  const { catalog: _catalog, base: _base, ...others } = options;
  return others;
}
