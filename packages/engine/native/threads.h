// How threads share steps of a plan: the words of packages/engine/src/threads/signals.ts, by the same rules.
#ifndef ASSAY_THREADS_H
#define ASSAY_THREADS_H

#include "steps.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <sched.h>
#endif

struct signals {
  // JavaScript's: the number of its step and the next part of it, or CLOSED; its parts.
  int32_t turn, parts, list, step;
  // The parts of the machine's step that nobody has taken: number of the step · 2^32 + first · 2^16 + end.
  uint64_t left;
  // The address of that step's words.
  uint32_t words;
  // JavaScript's: of a row group's step the member and the row.
  int32_t member, row, unused[7];
  int32_t finished, unused_finished[15];
  int32_t ready, unused_ready[15];
  int32_t plan, failed, leading;
};

enum { PART_BITS = 12, CLOSED = (1 << PART_BITS) - 1, MOST_PARTS = 2048 };
// Rounds of looking before a follower that nobody leads returns; before one that waits lets another thread have the core, some
// tens of microseconds: whoever holds the part that all wait for may want it.
enum { IDLE_ROUNDS = 4096, YIELD_ROUNDS = 1 << 10 };

static int32_t load_word(const int32_t *p) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
static void store_word(int32_t *p, int32_t value) { __atomic_store_n(p, value, __ATOMIC_SEQ_CST); }

// A moment's rest, which leaves the core to its other thread where it has two; now and then to any other.
static void rest(int32_t round) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
  if (round % YIELD_ROUNDS != YIELD_ROUNDS - 1) return;
#if defined(_WIN32)
  SwitchToThread();
#else
  sched_yield();
#endif
}

// Takes a part of the open step: the first that is left, or the last, so that of two threads each finds in its cache what it
// wrote itself a step before. 0 where none is left.
static const struct step *take_part(struct signals *signals, const uint8_t *memory, int last, int64_t *part) {
  for (;;) {
    uint64_t left = __atomic_load_n(&signals->left, __ATOMIC_SEQ_CST);
    const int64_t first = left >> 16 & 0xffff, end = left & 0xffff;
    if (first >= end) return 0;
    const uint32_t words = __atomic_load_n(&signals->words, __ATOMIC_SEQ_CST);
    // INVARIANT: what was read since belongs to the step of this number: whoever writes it changes the number before.
    const uint64_t next = last ? left - 1 : left + (1 << 16);
    if (!__atomic_compare_exchange_n(&signals->left, &left, next, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
    *part = last ? end - 1 : first;
    return (const struct step *)(memory + words);
  }
}

// Computes a part as threads take them, some of the step's own parts, and counts it.
static void finish_part(struct signals *signals, const struct place *p, const struct step *step, int64_t part) {
  const int64_t own = parts_of(p->memory, step), shared = least(own, MOST_PARTS);
  run_parts(p, step, part * own / shared, (part + 1) * own / shared);
  __atomic_add_fetch(&signals->finished, 1, __ATOMIC_SEQ_CST);
}

// Takes parts for as long as there are any; whether there were.
static int take_parts(struct signals *signals, const struct place *p, int last) {
  const struct step *step;
  int64_t part;
  int taken = 0;
  for (; (step = take_part(signals, p->memory, last, &part)) != 0; taken = 1) finish_part(signals, p, step, part);
  return taken;
}

// Opens a step's parts to all threads.
static void open_step(struct signals *signals, uint32_t words, int64_t parts) {
  const uint64_t number = (__atomic_load_n(&signals->left, __ATOMIC_SEQ_CST) >> 32) + 1;
  __atomic_store_n(&signals->left, number << 32, __ATOMIC_SEQ_CST);
  __atomic_store_n(&signals->words, words, __ATOMIC_SEQ_CST);
  store_word(&signals->finished, 0);
  __atomic_store_n(&signals->left, number << 32 | (uint64_t)parts, __ATOMIC_SEQ_CST);
}

// A step, its parts shared with the threads that follow `context`, the signals; alone where that is 0.
static void lead_step(void *context, const struct place *p, const struct step *step) {
  struct signals *signals = context;
  const int64_t own = parts_of(p->memory, step), parts = least(own, MOST_PARTS);
  if (signals == 0 || own == 1) {
    run_parts(p, step, 0, own);
    return;
  }
  open_step(signals, (uint32_t)((const uint8_t *)step - p->memory), parts);
  take_parts(signals, p, 0);
  for (int32_t round = 0; load_word(&signals->finished) < parts; round++) rest(round);
}

// Steps one after another, with the threads that follow; alone where `signals` is 0.
static void lead(struct signals *signals, const struct place *p, const struct step *steps, int32_t count) {
  if (signals != 0) store_word(&signals->leading, 1);
  for (const struct step *step = steps; step < steps + count; step++) {
    if (step->kind == STEP_ROWS) run_rows(p, step, lead_step, signals);
    else lead_step(signals, p, step);
  }
  if (signals != 0) store_word(&signals->leading, 0);
}

// Whether JavaScript has a part to take.
static int is_host_open(struct signals *signals) {
  const int32_t part = load_word(&signals->turn) & CLOSED;
  return part != CLOSED && part < load_word(&signals->parts);
}

// Takes parts of steps that are led, until none comes for a while, another plan is served, or JavaScript's turn has come.
static void follow(struct signals *signals, const struct place *p, int32_t plan) {
  for (int32_t round = 0, idle = 0; idle < IDLE_ROUNDS && load_word(&signals->plan) == plan; round++) {
    if (take_parts(signals, p, 1)) continue;
    if (is_host_open(signals)) return;
    idle = load_word(&signals->leading) ? 0 : idle + 1;
    rest(round);
  }
}

#endif
