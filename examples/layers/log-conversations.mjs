// Tells who spoke with whom, for how long, and how much was said; not what.
import { defineLayer } from 'ws2spi/chain';

/** @param {(line: string) => void} log */
export const logConversations = (log) =>
  defineLayer({
    name: 'log-conversations',
    codec(connection) {
      const begun = connection.now();
      const peer = connection.destination ?? connection.peerName();
      const who = `${connection.role} ${peer?.name ?? peer?.address} ${peer?.port}`;
      let [sent, received] = [0, 0];
      log(`${who}: opened`);
      return {
        send(bytes, output) {
          sent += bytes.length;
          output.encoded(bytes);
        },
        receive(bytes, output) {
          received += bytes.length;
          output.decoded(bytes);
        },
        close: () => log(`${who}: ${sent} sent, ${received} received in ${connection.now() - begun} ms`),
      };
    },
  });
