// The lists that getaddrinfo and GetAddrInfoEx give.
import { AF_UNSPEC, AI_CANONNAME, AI_FQDN, AI_NUMERICHOST, type addrinfo, type ADDRINFOEX } from '../../spi/index.js';
import type { AddressInfoRequest } from './address-info-request.js';
import type { ResolvedHost } from './address-info.js';

/** Makes the list that getaddrinfo gives. */
export function toAddrinfo(request: AddressInfoRequest, info: ResolvedHost): addrinfo {
  return linked(info.addresses, (address, isFirst) => ({
    ai_flags: info.numeric ? AI_NUMERICHOST : 0,
    ai_family: address[0] ?? AF_UNSPEC,
    ai_socktype: info.socketType,
    ai_protocol: request.protocol,
    ai_addrlen: address.length,
    ai_canonname: isFirst ? canonicalName(request, info) : null,
    ai_addr: ownCopy(address),
    ai_next: null,
  }));
}

/** Makes the list that GetAddrInfoEx gives. */
export function toAddrinfoEx(request: AddressInfoRequest, info: ResolvedHost): ADDRINFOEX {
  const blob = info.blob === null ? null : new Uint8Array(info.blob);
  return linked(info.addresses, (address, isFirst): ADDRINFOEX => ({
    ai_flags: info.numeric ? AI_NUMERICHOST : 0,
    ai_family: address[0] ?? AF_UNSPEC,
    ai_socktype: info.socketType,
    ai_protocol: request.protocol,
    ai_addrlen: address.length,
    ai_canonname: isFirst ? canonicalName(request, info) : null,
    ai_addr: ownCopy(address),
    ai_blob: isFirst ? blob : null,
    ai_bloblen: isFirst ? (blob?.length ?? 0) : 0,
    ai_provider: info.provider,
    ai_next: null,
  }));
}

// The caller's own: the address itself may be known still when it is looked up again.
function ownCopy(address: Uint8Array): Uint8Array {
  return new Uint8Array(address);
}

function canonicalName({ flags }: AddressInfoRequest, { name }: ResolvedHost): string | null {
  return (flags & (AI_CANONNAME | AI_FQDN)) !== 0 ? name : null;
}

function linked<T extends { ai_next: T | null }>(
  addresses: readonly Uint8Array[],
  make: (address: Uint8Array, isFirst: boolean) => T,
): T {
  let first: T | null = null;
  // From the last on, so that each has its next one.
  for (let at = addresses.length - 1; at >= 0; at--) {
    const entry: T = make(addresses[at]!, at === 0);
    entry.ai_next = first;
    first = entry;
  }
  return first!;
}
