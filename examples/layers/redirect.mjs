// Leads what is meant for one host to another: a test server in place of the real one, for a program that cannot be told.
import { defineLayer } from 'ws2spi/chain';

/**
 * @param {string} from a host's name or address
 * @param {{ address: string, port?: number }} to an address of the same family, and a port if it is another one
 */
export const redirect = (from, to) =>
  defineLayer({
    name: 'redirect',
    connect(request) {
      if (request.name !== from && request.address !== from) return;
      request.address = to.address;
      request.port = to.port ?? request.port;
    },
  });
