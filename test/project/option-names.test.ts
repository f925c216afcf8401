// Whoever writes an option's name wrong is told so by each function that takes options, before anything is done.
import { describe, expect, it } from 'vitest';
import { createMemoryNetwork, createWs2_32, VirtualClock } from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { forwardFromChain, forwardOverChain, serveProxy } from 'ws2spi/gateway';
import { defineNameSpace } from 'ws2spi/names';
import { Agent, ChainSocket, connector, createServer, createSocket, HttpsAgent } from 'ws2spi/node';
import { createDnsNameSpace } from 'ws2spi/providers/namespaces/dns';
import { createFilesNameSpace } from 'ws2spi/providers/namespaces/files';
import { createMdnsNameSpace } from 'ws2spi/providers/namespaces/mdns';
import { createProxiedNameSpace } from 'ws2spi/providers/namespaces/proxied';
import { createRedisRegistry } from 'ws2spi/providers/namespaces/redis';
import { createRegistry } from 'ws2spi/providers/namespaces/registry';
import { connectedPair, createTestInstance, simulate } from 'ws2spi/testkit';

/** Functions, each with a name that is wrong and the one that was meant. */
const TAKE_OPTIONS: readonly (readonly [
  name: string,
  call: (options: never) => unknown,
  wrong: string,
  meant: string,
])[] = [
  ['createWs2_32', createWs2_32, 'catalogue', 'catalog'],
  ['createMemoryNetwork', createMemoryNetwork, 'latencey', 'latency'],
  ['createTestInstance', createTestInstance, 'sead', 'seed'],
  ['simulate', (options) => simulate(options, () => undefined), 'sedes', 'seeds'],
  ['serveProxy', serveProxy, 'protocol', 'protocols'],
  ['serveProxy with passwort', serveProxy, 'passwort', 'password'],
  ['forwardOverChain', forwardOverChain, 'chian', 'chain'],
  ['forwardFromChain', forwardFromChain, 'maxConnection', 'maxConnections'],
  ['createDnsNameSpace', createDnsNameSpace, 'server', 'servers'],
  ['createFilesNameSpace', createFilesNameSpace, 'host', 'hosts'],
  ['createMdnsNameSpace', createMdnsNameSpace, 'hostname', 'hostName'],
  ['createProxiedNameSpace', createProxiedNameSpace, 'domain', 'domains'],
  ['createRedisRegistry', createRedisRegistry, 'leese', 'lease'],
  ['createRegistry', createRegistry, 'fiel', 'file'],
  ['defineLayer', (options) => defineLayer(Object.assign({ name: 'x' }, options)), 'conect', 'connect'],
  ['defineNameSpace', (options) => defineNameSpace(Object.assign({ name: 'x' }, options)), 'lokup', 'lookup'],
  ['ChainSocket', (options) => new ChainSocket(options), 'chian', 'chain'],
  ['createServer', createServer, 'Chain', 'chain'],
  ['createSocket', (options) => createSocket(Object.assign({ type: 'udp4' }, options)), 'chains', 'chain'],
  ['Agent', (options) => new Agent(options), 'chan', 'chain'],
  ['HttpsAgent', (options) => new HttpsAgent(options), 'chian', 'chain'],
  ['connector', connector, 'chian', 'chain'],
];

describe('an option whose name is written wrong', () => {
  it.each(TAKE_OPTIONS)('is refused by %s, with the name that was meant', async (_name, call, wrong, meant) => {
    // Some refuse by what they return.
    const refused = (async (): Promise<unknown> => await call({ [wrong]: 'x' } as never))();
    await expect(refused).rejects.toThrow(new RegExp(`"${wrong}".*did you mean "${meant}"`));
    await expect(refused).rejects.toBeInstanceOf(TypeError);
  });

  it('is refused by stack', () => {
    using ws2 = createWs2_32({ base: 'memory' });
    ws2.WSAStartup(0x0202, {});
    const layer = defineLayer({ name: 'x' });
    expect(() => stack(ws2, [layer], { ovr: 'tcp' } as never)).toThrow('did you mean "over"');
  });

  it('is Node.js’ own matter where it is not like one of ours', () => {
    for (const options of [{ objectMod: true, agent: 5 }, Object.create({ chian: 1 })] as const) {
      expect(() => new ChainSocket(options as never).destroy()).not.toThrow();
    }
  });
});

describe('an instance under another name', () => {
  it.each(['ws', 'WS2', 'ws2_32', 'instance'])('is refused, for it would not be used: %s', (name) => {
    using instance = createWs2_32({ base: 'memory' });
    const options = { [name]: instance };
    for (const make of [
      () => new ChainSocket(options),
      () => createServer(options),
      () => createSocket({ type: 'udp4', ...options }),
      () => new Agent(options),
    ]) {
      expect(make).toThrow(`The "${name}" option is none: did you mean "ws2"?`);
    }
    expect(() => new ChainSocket({ [name]: 'of somebody else' }).destroy()).not.toThrow();
  });
});

describe('an instance that is none', () => {
  it('is named as such by connectedPair', () => {
    for (const ws2 of [undefined, null, {}, 5]) {
      expect(() => connectedPair(ws2 as never)).toThrow('connectedPair: the first argument is the instance');
    }
  });

  it.each([{}, 5, null, 'ws2'])('is named as such: %j', (ws2) => {
    for (const make of [
      () => new ChainSocket({ ws2 } as never),
      () => createServer({ ws2 } as never),
      () => createSocket({ type: 'udp4', ws2 } as never),
      () => new Agent({ ws2 } as never),
      () => connector({ ws2 } as never),
    ]) {
      expect(make).toThrow(/"ws2" option is no instance/);
    }
  });
});

describe('options that are none', () => {
  it.each([[null], [5], ['text'], [[]]])('are refused by gateways and name spaces: %j', async (options) => {
    for (const open of [serveProxy, forwardOverChain, forwardFromChain]) {
      await expect(open(options as never)).rejects.toThrow('options are an object such as');
    }
    for (const make of [createDnsNameSpace, createFilesNameSpace]) {
      expect(() => make(options as never)).toThrow('options are an object such as');
    }
  });

  it.each(['soon', NaN, Infinity, null, {}, 5n])('a virtual clock keeps no time by %s', (time) => {
    expect(() => new VirtualClock(time as never)).toThrow(/`start` must be a finite number of milliseconds/);
    const clock = new VirtualClock(5);
    expect(() => clock.advance(time as never)).toThrow(/`milliseconds` must be a finite number of milliseconds/);
    expect(clock.now()).toBe(5);
  });
});
