// Records of TLS are counted by their heads, however they come: what is counted is not asked of OpenSSL.
import { expect, it } from 'vitest';
import { RecordCount } from '../../../platform/openssl/record-count.js';

const record = (type: number, length: number): Buffer =>
  Buffer.concat([Buffer.from([type, 3, 3, length >> 8, length & 0xff]), Buffer.alloc(length, 0xff)]);

it('tells how many records ended, where the last of them does, and nothing within one', () => {
  const records = [record(22, 300), record(23, 0), record(20, 1), record(23, 16_640)];
  const ends = records.map((_, at) => Buffer.concat(records.slice(0, at + 1)).length);
  const stream = Buffer.concat(records);
  const count = new RecordCount();
  count.add(stream);
  expect(count.whole).toBe(4);
  for (let cut = 1; cut < 400; cut++) {
    const [one, other] = [stream.subarray(0, cut), stream.subarray(cut)];
    count.add(one);
    const ended = ends.filter((end) => end <= cut).length;
    expect([cut, count.whole]).toEqual([cut, ends.includes(cut) ? ended : -1]);
    count.add(other);
    expect([cut, count.whole]).toEqual([cut, 4 - ended]);
  }
  for (let at = 0; at < stream.length; at++) {
    count.add(stream.subarray(at, at + 1));
    expect([at, count.whole]).toEqual([at, ends.includes(at + 1) ? 1 : -1]);
  }
});

it('counts nothing any more once something was no record, such as the first words of SSL 2', () => {
  for (const first of [0x80, 0x47, 0, 19, 25]) {
    const count = new RecordCount();
    count.add(record(22, 10));
    expect(count.whole).toBe(1);
    count.add(record(first, 10));
    expect(count.whole).toBe(-1);
    count.add(record(23, 10));
    expect(count.whole).toBe(-1);
  }
});
