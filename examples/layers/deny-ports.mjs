// Lets nothing connect, or send a datagram, to the ports that are listed.
import { defineLayer } from 'ws2spi/chain';

/** @param {number[]} ports */
export const denyPorts = (...ports) =>
  defineLayer({
    name: 'deny-ports',
    connect(request) {
      if (ports.includes(request.port)) request.refuse();
    },
  });
