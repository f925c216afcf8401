// The project's own lint rules, as an eslint plugin.
import exportsDocumented from './exports-documented.js';
import noCircles from './no-circles.js';
import ownFields from './own-fields.js';
import roomImports from './room-imports.js';

export default {
  meta: { name: 'ws2spi', version: '1.0.0' },
  rules: {
    'room-imports': roomImports,
    'no-circles': noCircles,
    'exports-documented': exportsDocumented,
    'own-fields': ownFields,
  },
};
