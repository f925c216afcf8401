// Chooses the compression layer's engine: fflate's synchronous streams against node:zlib, one block at a time with the
// last 32 KiB as a dictionary. Run: node bench/compression.mjs
import { readFileSync } from 'node:fs';
import { deflateRawSync, inflateRawSync, constants } from 'node:zlib';
import { Deflate, Inflate } from 'fflate';

const text = readFileSync(new URL('../package-lock.json', import.meta.url));
const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

function fflateStream(level) {
  const pieces = [];
  const restored = [];
  const deflate = new Deflate({ level }, (chunk) => pieces.push(chunk));
  const inflate = new Inflate((chunk) => restored.push(chunk));
  return (message) => {
    deflate.push(message);
    deflate.flush();
    let wire = 0;
    for (const piece of pieces.splice(0)) {
      wire += piece.length;
      inflate.push(piece);
    }
    let back = 0;
    for (const piece of restored.splice(0)) back += piece.length;
    return [wire, back];
  };
}

function zlibBlocks(level) {
  let seen = Buffer.alloc(0);
  let got = Buffer.alloc(0);
  const window = (history, bytes) => Buffer.concat([history, bytes]).subarray(-32768);
  return (message) => {
    const options = { level, ...(seen.length > 0 && { dictionary: seen }) };
    const wire = deflateRawSync(message, options);
    seen = window(seen, message);
    const back = inflateRawSync(wire, got.length > 0 ? { dictionary: got } : {});
    got = window(got, back);
    return [wire.length + 4, back.length];
  };
}
void constants;

const rows = [];
for (const size of [64, 1400, 16384, 65536]) {
  for (const [engine, make] of [
    ['fflate', fflateStream],
    ['zlib', zlibBlocks],
  ]) {
    for (const level of [1, 6]) {
      const times = [];
      let wire = 0;
      let plain = 0;
      let heldBack = 0;
      for (let round = 0; round < 5; round++) {
        const step = make(level);
        let back = plain;
        const count = Math.max(20, Math.min(2000, Math.floor(4e6 / size)));
        const start = performance.now();
        for (let i = 0; i < count; i++) {
          const at = (i * size) % (text.length - size);
          const [w, b] = step(text.subarray(at, at + size));
          back += b;
          // A stream may keep the end of a message for itself; a layer could not.
          if (back < plain + size) heldBack++;
          wire += w;
          plain += size;
        }
        times.push(((performance.now() - start) * 1000) / count);
      }
      rows.push({
        bytes: size,
        engine,
        level,
        'µs per message, both ways': +median(times).toFixed(1),
        'wire/plain': +(wire / plain).toFixed(3),
        'messages held back': heldBack,
      });
    }
  }
}
console.table(rows);
