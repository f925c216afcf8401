// Pointers to scalars.

/** A pointer to a scalar, for what C passes in, out, or both ways. */
export interface Ref<T> {
  value: T;
}

/** Makes a pointer to a variable that holds `value`. */
export function ref<T>(value: T): Ref<T> {
  return { value };
}
