/** Why a case cannot be measured here; no failure of the benchmark. */
export class Skipped extends Error {
  name = 'Skipped';
}
