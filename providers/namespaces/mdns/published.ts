// What is published: this host, hosts that were registered, and instances of services.
import { reverseName } from '../../../dns-records/index.js';
import type { Link } from './links.js';
import { ALL_TYPES, DOMAIN, firstLabel, instanceName, isSendable, keyOf, nextHost, nextInstance } from './names.js';
import type { Published } from './publications.js';
import {
  addressRecord,
  HOST_TTL,
  OTHER_TTL,
  pointerRecord,
  serviceRecord,
  textRecord,
  type MdnsRecord,
} from './records.js';

/** What is done when a name is taken: the next one is told; `null` to take none. */
export type Renaming = ((from: string, to: string) => void) | null;

/** A host: this one, or one that was registered with its addresses. */
export class PublishedHost implements Published {
  name: string;

  /**
   * @param addresses bytes of addresses; `null` for those that this host has on each link
   * @param renaming what is done when the name is taken
   */
  constructor(
    label: string,
    private addresses: readonly Uint8Array[] | null,
    private readonly renaming: Renaming,
  ) {
    this.name = `${label}.${DOMAIN}`;
  }

  records(link: Link): readonly MdnsRecord[] {
    return (this.addresses ?? link.addresses).flatMap((bytes) => [
      addressRecord(this.name, bytes),
      // Others may have names for the same address.
      pointerRecord(reverseName(bytes), this.name, HOST_TTL),
    ]);
  }

  /** It has other addresses now. */
  moveTo(addresses: readonly Uint8Array[]): void {
    this.addresses = addresses;
  }

  rename(): boolean {
    if (this.renaming === null) return false;
    const before = this.name;
    const dot = before.indexOf('.');
    this.name = `${nextHost(before.slice(0, dot))}${before.slice(dot)}`;
    this.renaming(before, this.name);
    return true;
  }
}

/** What an instance of a service offers. */
export interface Offer {
  readonly port: number;
  readonly text: Uint8Array;
}

/** An instance of a service. */
export class PublishedService implements Published {
  name: string;

  /** @param host where it is */
  constructor(
    instance: string,
    readonly type: string,
    private offer: Offer,
    private readonly host: Published,
    private readonly renaming: Renaming,
  ) {
    this.name = instanceName(instance, type);
  }

  records(_link: Link): readonly MdnsRecord[] {
    const { name, type, host, offer } = this;
    return [
      serviceRecord(name, offer.port, host.name),
      textRecord(name, offer.text),
      pointerRecord(type, name, OTHER_TTL),
      pointerRecord(ALL_TYPES, type, OTHER_TTL),
    ];
  }

  /** It offers something else now. */
  change(offer: Offer): void {
    this.offer = offer;
  }

  rename(): boolean {
    const next = instanceName(nextInstance(firstLabel(this.name)), this.type);
    if (this.renaming === null || !isSendable(next) || keyOf(next) === keyOf(this.name)) return false;
    const before = this.name;
    this.name = next;
    this.renaming(before, next);
    return true;
  }
}
