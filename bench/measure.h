// What the load generators have in common: time, memory, the end, and the measured part of a run.
// The program that includes this defines _GNU_SOURCE first.
#ifndef MEASURE_H
#define MEASURE_H
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** Silence of a server after which a client gives up. */
enum { SILENCE_MS = 5000 };

static double warm_up, duration;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("client: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(2);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *room(size_t bytes) {
  void *memory = malloc(bytes > 0 ? bytes : 1);
  if (memory == NULL) die("no memory for %zu bytes", bytes);
  return memory;
}

/** Takes the last two arguments of every client: seconds of warm-up and of measurement. */
static void set_times(const char *warm_up_seconds, const char *seconds) {
  warm_up = atof(warm_up_seconds);
  duration = atof(seconds);
  if (duration <= 0 || warm_up < 0) die("bad time");
}

/** The measured part: begins after the warm-up. `tick` is asked between operations. */
typedef struct {
  double begin, end, started;
  int running;
} Window;

static Window open_window(void) {
  double t = now();
  Window window = {.begin = t + warm_up, .end = t + warm_up + duration};
  return window;
}

/** 1 when the measurement begins at this moment, -1 when it is over, else 0. */
static int tick(Window *window, double t) {
  if (t >= window->end) return -1;
  if (window->running || t < window->begin) return 0;
  window->running = 1;
  window->started = t;
  return 1;
}

#endif
