// A name space of one's own: whatever ends in .project is this machine, and `WSAConnectByName` finds it by name.
import * as w from 'ws2spi';
import { addNameSpace, defineNameSpace } from 'ws2spi/names';

const projectNames = defineNameSpace({
  name: 'project names',
  nameSpace: w.NS_DNS,
  lookup(question, answer) {
    if (question.kind === 'host' && /^[a-z]+\.project$/.test(question.name)) {
      console.log(`asked: ${question.name}`);
      answer.found({ addresses: [w.sockaddr_in('127.0.0.1', 0)], aliases: ['localhost'] });
    }
    answer.done();
  },
});

const ws2 = w.createWs2_32({ catalog: 'memory' });
addNameSpace(ws2, projectNames);
ws2.WSAStartup(0x0202, {});

const listener = ws2.socket(w.AF_INET, w.SOCK_STREAM, 0);
ws2.bind(listener, w.sockaddr_in('127.0.0.1', 0), 16);
ws2.listen(listener, 1);
const name = new Uint8Array(16);
ws2.getsockname(listener, name, w.ref(16));
const port = `${w.parseSockaddr(name).port}`;

for (const host of ['web.project', 'web.elsewhere']) {
  const s = ws2.socket(w.AF_INET, w.SOCK_STREAM, 0);
  const connected = ws2.WSAConnectByName(s, host, port, null, null, null, null, null, null);
  console.log(`${host}: ${connected ? 'connected' : w.winsockErrorName(ws2.WSAGetLastError())}`);
}
ws2[Symbol.dispose]();
