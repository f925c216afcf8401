// Has a program connect from one of the machine's addresses, where it does not say itself from which.
import { defineLayer } from 'ws2spi/chain';

/** @param {string} address one of the machine's own, of IPv4 or IPv6 */
export const sourceAddress = (address) =>
  defineLayer({
    name: 'source-address',
    // Also asked about the name that a socket without one gets by connecting, or by sending a datagram.
    bind(request) {
      const isAny = request.address === '0.0.0.0' || request.address === '::';
      if (isAny && request.purpose === 'implicit bind') request.address = address;
    },
  });
