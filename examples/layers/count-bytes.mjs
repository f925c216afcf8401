// Counts the bytes that go to and come from each host.
import { defineLayer } from 'ws2spi/chain';

/** @param {Map<string, { sent: number, received: number }>} totals filled by host: its name if the program gave one */
export const countBytes = (totals) =>
  defineLayer({
    name: 'count-bytes',
    codec(connection) {
      const peer = connection.destination ?? connection.peerName();
      const host = peer?.name ?? peer?.address ?? 'nobody';
      const total = totals.get(host) ?? { sent: 0, received: 0 };
      totals.set(host, total);
      return {
        send(bytes, output) {
          total.sent += bytes.length;
          output.encoded(bytes);
        },
        receive(bytes, output) {
          total.received += bytes.length;
          output.decoded(bytes);
        },
      };
    },
  });
