// Layers that are named by one text: what is read of it, and what is said of a text that names none.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { numberWithUnit } from '../../../dist/layer-text/units.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BUILT_IN_PROVIDERS, createWs2_32, INVALID_SOCKET, SOCK_DGRAM } from 'ws2spi';
import { stack } from 'ws2spi/chain';
import {
  BUILT_IN_LAYER_NAMES,
  BUILT_IN_LAYERS,
  makeNamedLayer,
  readLayerTexts,
  settleLayerText,
} from 'ws2spi/layer-text';
import { temporaryFolder } from '../../support/temporary-folder.js';

const folder = temporaryFolder();

function fault(make: () => unknown): string {
  try {
    make();
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
}

const somewhere = (file: string): string => resolve('/somewhere', file);
const faultOf = (text: string): string => fault(() => makeNamedLayer(text, folder));
/** What the options come to, as another working directory would read them. */
const read = (text: string): unknown => JSON.parse(/^[^{]*:(\{.*\})$/s.exec(settleLayerText(text, '/somewhere'))![1]!);

describe('Every layer of the package', () => {
  test('can be named by a text', () => {
    const built = BUILT_IN_PROVIDERS.filter((name) => name.startsWith('layers/')).map((name) => name.slice(7));
    expect([...BUILT_IN_LAYER_NAMES].sort()).toEqual(built.sort());
  });

  const NEEDED: Record<string, string> = {
    capture: ':x.pcapng',
    'http-proxy': ':127.0.0.1:8080',
    policy: ':{"rules":[]}',
    record: ':x.rec',
    replay: ':x.rec',
    socks: ':127.0.0.1',
  };

  test.each(BUILT_IN_LAYER_NAMES)('%s is made of its name and main option, also as catalogs spell it', (name) => {
    for (const spelt of [name, `di:layers/${name}`]) {
      expect(makeNamedLayer(`${spelt}${NEEDED[name] ?? ''}`, folder)).toMatchObject({ name, layer: { name } });
    }
  });

  test.each(BUILT_IN_LAYER_NAMES)('%s carries datagrams, or is said not to', (name) => {
    const ws2 = createWs2_32({ base: 'memory' });
    onTestFinished(() => ws2[Symbol.dispose]());
    ws2.on('defect', () => undefined);
    ws2.WSAStartup(0x0202, {});
    if (name === 'replay') writeFileSync(join(folder, 'x.rec'), 'ws2spi-recording 1\n');
    const text = `${name}${(NEEDED[name] ?? '').replace(':x', `:${join(folder, 'x')}`)}`;
    const { layer, datagrams } = makeNamedLayer(text, folder);
    const [entry] = stack(ws2, [layer], { over: 'udp' });
    const s = ws2.WSASocket(2, SOCK_DGRAM, 17, entry!, 0, 0);
    expect(s !== INVALID_SOCKET).toBe(datagrams === 'carried');
  });
});

describe('The options of a layer', () => {
  test.each([
    ['capture:out.pcapng', { file: somewhere('out.pcapng') }],
    ['capture:-', { file: '-' }],
    ['capture:pipe:3,secrets', { file: 'pipe:3', secrets: 'true' }],
    ['capture:secrets,file=a,snaplen=0', { file: somewhere('a'), secrets: 'true', snaplen: '0' }],
    ['capture:"a,b.pcapng",size=65_536', { file: somewhere('a,b.pcapng'), size: '65_536' }],
    [`capture:'it''s, "this"'`, { file: somewhere('it\'s, "this"') }],
    ['capture:file=a=b.pcapng', { file: somewhere('a=b.pcapng') }],
    ['fault:reset=0.01,seed=7', { reset: '0.01', seed: '7' }],
    ['fault: reset = 0.01 , seed = seven ', { reset: '0.01', seed: 'seven' }],
    ['fault:rules="[{""fault"":""reset"",""byte"":100}]"', { rules: '[{"fault":"reset","byte":100}]' }],
    ['socks:127.0.0.1:1080', { proxy: '127.0.0.1:1080' }],
    ['socks:[::1]:1080,timeout=500', { proxy: '[::1]:1080', timeout: '500' }],
    ['socks:socks5://user:pa=ss@h:1', { proxy: 'socks5://user:pa=ss@h:1' }],
    [
      'proxy-protocol:loopback,10.0.0.0/8,fd00::/8,version=1',
      { from: ['loopback', '10.0.0.0/8', 'fd00::/8'], version: '1' },
    ],
    ['tls:alpn=h2,http/1.1,servername=::1', { alpn: ['h2', 'http/1.1'], servername: '::1' }],
    ['tls:rejectUnauthorized=false', { rejectUnauthorized: 'false' }],
    ['policy:learn=p.json,audit=false', { learn: somewhere('p.json'), audit: 'false' }],
    ['record:r.rec,redact=secret,/token=\\w+/i', { file: somewhere('r.rec'), redact: ['secret', '/token=\\w+/i'] }],
    ['shape:{"up":1000,"per":"layer"}', { up: 1000, per: 'layer' }],
    ['trace:', { file: 'pipe:2' }],
    ['trace', { file: 'pipe:2' }],
  ])('are read of %s', (text, options) => {
    expect(read(text)).toEqual(options);
  });

  test('are what programs give, once they are read', () => {
    const [file] = [join(folder, 'p.rec')];
    const made = (text: string): string => fault(() => makeNamedLayer(text, folder));
    expect(made(`record:${file},redact=/(/`)).toMatch(/^record: `redact` has an expression that is none/);
    expect(made(`record:${file},redact=/a/,b,times`)).toBe('none');
    expect(made('compression:brotli,level=11')).toMatch(/1 to 9/);
    expect(made('fault:reset=2')).toMatch(/`reset` must be a probability from 0 to 1.*not 2/);
    expect(made('qos:capacity=1e6,dscp=false')).toBe('none');
    expect(made('tls:cert=/nowhere/cert.pem,key=/nowhere/key.pem')).toContain(resolve('/nowhere/cert.pem'));
    expect(made('replay:x.rec,mode=lngest')).toMatch(/did you mean "longest"/);
    expect(made('replay:x.rec,patience=Infinity')).toBe('none');
  });

  test.each([
    ['time', '5ms', 5],
    ['time', '250us', 0.25],
    ['time', '0.5s', 500],
    ['time', '2 S', 2000],
    ['time', '1min', 60_000],
    ['time', '1h', 3_600_000],
    ['time', '40', 40],
    ['time', 'Infinity', Infinity],
    ['bytes', '10Mbit/s', 1_250_000],
    ['bytes', '64KiB/s', 65_536],
    ['bytes', '16k', 16_000],
    ['bytes', '1.5MB', 1_500_000],
    ['bytes', '1GiB', 1 << 30],
    ['bytes', '1_000', 1000],
    ['bytes', '1B', 1],
    ['share', '1%', 0.01],
    ['share', '12.5%', 0.125],
    ['share', '7%', 0.07],
    ['share', '0.5', 0.5],
    ['number', '9', 9],
  ] as const)('that are numbers may have their units: %s %s', (kind, written, value) => {
    expect(numberWithUnit(kind, written)).toBe(value);
  });

  test.each(['5x', '5 m s', 'ms', '5%', '5/s', '5k', '', '1e', '0x10', '5ms/s'])(
    'that are times are not written %o, and the message says how',
    (written) => {
      expect(faultOf(`shape:latency="${written}"`)).toBe(
        `shape: \`latency\` must be a number of milliseconds, or one with ms, s, min or h behind it, not "${written}"`,
      );
    },
  );

  test('that are wrong are told by layer, option and what was meant', () => {
    expect(faultOf('capture:fil=x')).toBe('capture: there is no option "fil": did you mean "file"?');
    expect(faultOf('capture:{"fil":"x"}')).toBe('capture: there is no option "fil": did you mean "file"?');
    expect(faultOf('capture:x,secret')).toMatch(
      /^capture: the option "secret" has no value, or is none: did you mean "secrets"\?$/,
    );
    expect(faultOf('capture:x,files=lots')).toBe('capture: `files` must be a number, not "lots"');
    expect(faultOf('capture:x,secrets=yes')).toBe('capture: `secrets` must be true or false, not "yes"');
    expect(faultOf('capture:x,file=y')).toBe('capture: the option "file" is there twice');
    expect(faultOf('fault:0.01')).toMatch(/^fault: options are written NAME=VALUE.*there are refuse, reset,/);
    expect(faultOf('fault:onFault=x')).toMatch(/^fault: `onFault` is for programs alone/);
    expect(faultOf('capture:"x')).toMatch(/capture begins with ", and does not end/);
    expect(faultOf('capture:"x"y')).toMatch(/neither a comma nor the end/);
    expect(faultOf('capture:{"file"')).toMatch(/begin as JSON does, and are none/);
    expect(faultOf('constructor')).toMatch(/there is no layer "constructor"/);
    expect(faultOf('capture:__proto__=x,file=y')).toMatch(/there is no option "__proto__"/);
    expect(faultOf('')).toMatch(/a layer has a name/);
    expect(faultOf(':x')).toMatch(/a layer has a name/);
  });

  test('never show in a message what may be a password', () => {
    for (const text of [
      'socks:socks5://user:se,cret@h:1',
      'socks:h:1,password=se,cret',
      'socks:{"password":"secret"',
      'socks:"secret',
      'socks:user=secret',
      'socks:h:1,user=u,password=x,se cret',
    ]) {
      expect(faultOf(text)).not.toMatch(/se,?cret|cret@/);
      expect(faultOf(text)).not.toBe('none');
    }
  });

  test('there are as many as anybody writes', () => {
    const text = `capture:${'x,'.repeat(200_000)}`;
    expect(faultOf(text)).toMatch(/^capture: /);
    expect(faultOf(`capture:${"'".repeat(200_001)}`)).toMatch(/^the option|^an option/);
  });
});

describe('A layer that there is not', () => {
  test('is told of with those that there are, and the nearest', () => {
    expect(faultOf('capure:x')).toMatch(
      /^there is no layer "capure": did you mean "capture"\? There are capture, compression, .*trace;/,
    );
    expect(faultOf('nothing-like-it')).toMatch(/^there is no layer "nothing-like-it"\. There are capture, /);
  });

  test.each([
    ['Trace', 'did you mean "trace"?'],
    ['wireshark', 'did you mean "capture"?'],
    ['gzip', 'did you mean "compression"?'],
    ['proxy:127.0.0.1:1', 'did you mean "socks" or "http-proxy"?'],
    ['shape=latency:50ms', 'options stand behind a colon, as in shape:OPTION=VALUE.'],
    ['latency=50ms', 'latency is an option of shape, as in shape:latency=VALUE.'],
    ['reset', 'reset is an option of fault, as in fault:reset=VALUE.'],
    ['trace,capture:x', 'one text names one layer; name each by a text of its own.'],
    ['trace capture:x', 'one text names one layer; name each by a text of its own.'],
  ])('and what was meant by %s', (text, advice) => {
    expect(faultOf(text)).toContain(`": ${advice} There are capture, `);
  });
});

describe('A layer of one’s own', () => {
  const SOURCE = (name: string): string =>
    `{ name: ${JSON.stringify(name)}, version: '1', ifs: true, WSPStartup() { return 0; } }`;
  const file = (name: string, source: string): string => {
    writeFileSync(join(folder, name), source);
    return `./${name}`;
  };

  test.each([
    ['a default export', `export default ${SOURCE('mine')};`],
    ['an export "layer"', `export const layer = ${SOURCE('mine')}; export const other = 1;`],
    ['the one export', `export const anything = ${SOURCE('mine')};`],
    ['a function that makes it', `export default (options) => (${SOURCE('mine')});`],
    ['WSPStartup, as catalogs take it', `export const WSPStartup = () => 0; export const other = 1;`],
  ])('is %s of a file', (_, source) => {
    const named = file('mine.mjs', source).replace('mine', `mine-${_.length}`);
    writeFileSync(join(folder, named), source);
    const { layer } = makeNamedLayer(named, folder);
    expect(layer.WSPStartup).toBeTypeOf('function');
    expect(layer.name).toMatch(/^mine/);
  });

  test('is named by a path, a URL or a package, and is given its options', () => {
    const source = `module.exports = (options) => ({ ...${SOURCE('x')}, name: JSON.stringify(options) });`;
    file('own.cjs', source);
    mkdirSync(join(folder, 'node_modules', 'my-layer'), { recursive: true });
    writeFileSync(join(folder, 'node_modules', 'my-layer', 'index.js'), source);
    const url = pathToFileURL(join(folder, 'own.cjs')).href;
    for (const named of ['./own.cjs', join(folder, 'own.cjs'), url, 'my-layer']) {
      const text = `${named}:port=80,host=::1,fast,name="a,b",odd=false`;
      const wanted = '{"port":80,"host":"::1","fast":true,"name":"a,b","odd":false}';
      expect(makeNamedLayer(text, folder).layer.name).toBe(wanted);
      expect(makeNamedLayer(settleLayerText(text, folder), '/').layer.name).toBe(wanted);
    }
  });

  test('that is none is told of, with the file', () => {
    expect(faultOf('./nothing.mjs')).toBe(`there is no module ./nothing.mjs, seen from ${folder}`);
    expect(faultOf('fs')).toMatch(/there is no layer "fs"/);
    expect(faultOf(file('empty.mjs', ''))).toMatch(/\.\/empty\.mjs exports no layer.*it exports nothing/);
    expect(faultOf(file('number.mjs', 'export default () => 7;'))).toMatch(
      /exports a function that makes no layer, but a number/,
    );
    expect(faultOf(`${file('made.mjs', `export default ${SOURCE('made')};`)}:a=1`)).toMatch(
      /is made already: it takes no options/,
    );
    expect(faultOf(file('throws.mjs', 'throw new Error("no way")'))).toMatch(
      /the layer \.\/throws\.mjs cannot be loaded: no way/,
    );
    expect(faultOf(file('waits.mjs', 'await 1; export default 1;'))).toMatch(/cannot be loaded.*no top-level await/s);
  });
});

describe('The list in an environment variable', () => {
  test('is an array of JSON, or one text', () => {
    expect(readLayerTexts('["trace","socks:h:1"]')).toEqual(['trace', 'socks:h:1']);
    expect(readLayerTexts('trace:x')).toEqual(['trace:x']);
    expect(readLayerTexts(' ')).toEqual([]);
    expect(readLayerTexts('[]')).toEqual([]);
  });

  test.each(['[1]', '[', '[["trace"]]'])('that is %s is refused', (value) => {
    expect(() => readLayerTexts(value)).toThrow(/must be a JSON array of texts/);
  });
});

test('The main option of a layer is one that it has', () => {
  for (const { main, options } of Object.values(BUILT_IN_LAYERS)) {
    if (main !== undefined) expect(Object.keys(options)).toContain(main);
  }
});
