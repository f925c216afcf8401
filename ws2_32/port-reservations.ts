// Where an instance's reservations of ports are, and which ports its base providers have.
import { statSync } from 'node:fs';
import { basesOf, CatalogError, type CatalogStore } from '../catalog/instance.js';
import { loadPart } from '../host/load-part.js';
import type * as Reservations from '../port-reservations/index.js';
import { reservationsPath } from '../port-reservations/path.js';
import {
  providerIdentifier,
  type Defect,
  type PortReservations,
  type PortSpace,
  type ServiceLookup,
} from '../spi/index.js';

/** What instances share that keep their reservations in memory, by what they have in common. */
const inMemory = new WeakMap<object, Reservations.SharedReservations>();

const LOOK = { throwIfNoEntry: false } as const;

/** The reservations of one instance, made at first need. */
export class InstancePorts {
  readonly #catalog: CatalogStore;
  readonly #network: object | undefined;
  readonly #report: (defect: Defect) => void;
  /** The file that is beside the catalog; `null` for none. */
  readonly #path: string | null;
  #store: Reservations.PortReservationStore | null = null;

  /**
   * Describes them: in a file beside the catalog, or, with a catalog in memory, with the network or that catalog.
   *
   * @param network the memory network that the instance was given
   * @param report told when the file cannot be used
   */
  constructor(catalog: CatalogStore, network: object | undefined, report: (defect: Defect) => void) {
    this.#catalog = catalog;
    this.#path = catalog.path === null ? null : reservationsPath(catalog.path);
    this.#network = network;
    this.#report = report;
  }

  /** The reservations as providers ask for them: opened when there are any. */
  readonly forProviders: PortReservations = {
    at: (protocol, port) => (this.#areNone ? null : this.store.at(protocol, port)),
    touches: (protocol, first, last) => !this.#areNone && this.store.touches(protocol, first, last),
    unreservedFrom: (protocol, port) => this.store.unreservedFrom(protocol, port),
    find: (protocol, token) => this.store.find(protocol, token),
    acquire: (protocol, first, count, space) => this.store.acquire(protocol, first, count, space),
    release: (protocol, token) => this.store.release(protocol, token),
    letGo: (blocks) => this.store.letGo(blocks),
  };

  /** The reservations. */
  get store(): Reservations.PortReservationStore {
    return (this.#store ??= this.#open());
  }

  /** Whether nobody has reserved any so far, as nearly everywhere: what works on them is not loaded to find that out. */
  get #areNone(): boolean {
    if (this.#store !== null) return false;
    if (this.#path === null) return !inMemory.has(this.#network ?? this.#catalog);
    try {
      return statSync(this.#path, LOOK) === undefined;
    } catch {
      // The reservations tell why the file cannot be looked at.
      return false;
    }
  }

  #open(): Reservations.PortReservationStore {
    const { FileKeeping, MemoryKeeping, PortReservationStore, SharedReservations } = loadPart<typeof Reservations>(
      import.meta.url,
      '../port-reservations/index.js',
    );
    const path = this.#path;
    const report = (problem: Reservations.ReservationProblem): void =>
      this.#report({ message: problem.message, cause: problem });
    if (path !== null) return new PortReservationStore(new FileKeeping(path), report);
    const common = this.#network ?? this.#catalog;
    let shared = inMemory.get(common);
    if (shared === undefined) inMemory.set(common, (shared = new SharedReservations()));
    return new PortReservationStore(new MemoryKeeping(shared), report);
  }

  /** The ports of the base providers that the catalog names. */
  spaces(lookup: ServiceLookup): PortSpace[] {
    return this.#bases().flatMap((base) => {
      const ports = lookup(providerIdentifier(base))?.ports;
      return ports === undefined ? [] : [ports];
    });
  }

  #bases(): readonly string[] {
    try {
      return basesOf(this.#catalog.read());
    } catch (error) {
      // WSAStartup tells of it.
      if (error instanceof CatalogError) return [];
      throw error;
    }
  }

  /** Lets go of the file. */
  close(): void {
    this.#store?.close();
  }
}
