// The project's own lint rules, as an eslint plugin.
import exportsDocumented from './exports-documented.js';
import roomImports from './room-imports.js';

export default {
  meta: { name: 'ws2spi', version: '1.0.0' },
  rules: { 'room-imports': roomImports, 'exports-documented': exportsDocumented },
};
