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
  int32_t turn, parts, list, step;
  // The address of the open step's words; 0 where JavaScript computes it.
  uint32_t words;
  int32_t unused[11];
  int32_t finished, unused_finished[15];
  int32_t ready, unused_ready[15];
  int32_t plan, failed, leading;
};

enum { PART_BITS = 12, CLOSED = (1 << PART_BITS) - 1, MOST_PARTS = 2048 };
// Rounds of looking before a follower that nobody leads returns; before one that is led lets another thread have the core.
enum { IDLE_ROUNDS = 4096, YIELD_ROUNDS = 1 << 14 };

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

enum { TAKEN, NONE_LEFT, NOT_OURS };

// Takes a part of the step that is open.
static int take_part(struct signals *signals, const uint8_t *memory, const struct step **step, int32_t *part) {
  for (;;) {
    int32_t turn = load_word(&signals->turn);
    *part = turn & CLOSED;
    if (*part == CLOSED || *part >= load_word(&signals->parts)) return NONE_LEFT;
    const uint32_t words = (uint32_t)load_word((const int32_t *)&signals->words);
    if (words == 0) return NOT_OURS;
    // INVARIANT: what was read since the turn belongs to it: whoever writes those words changes the turn before.
    if (!__atomic_compare_exchange_n(&signals->turn, &turn, turn + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
    *step = (const struct step *)(memory + words);
    return TAKEN;
  }
}

// Computes a part as threads take them, some of the step's own parts, and counts it.
static void finish_part(struct signals *signals, const struct place *p, const struct step *step, int64_t part) {
  const int64_t own = parts_of(p->memory, step), shared = least(own, MOST_PARTS);
  run_parts(p, step, part * own / shared, (part + 1) * own / shared);
  __atomic_add_fetch(&signals->finished, 1, __ATOMIC_SEQ_CST);
}

// Takes parts for as long as there are any.
static int take_parts(struct signals *signals, const struct place *p) {
  const struct step *step;
  int32_t part;
  int found;
  while ((found = take_part(signals, p->memory, &step, &part)) == TAKEN) finish_part(signals, p, step, part);
  return found;
}

// Steps one after another, their parts shared with the threads that follow; alone where `signals` is 0.
static void lead(struct signals *signals, const struct place *p, const struct step *steps, int32_t count) {
  if (signals != 0) store_word(&signals->leading, 1);
  for (const struct step *step = steps; step < steps + count; step++) {
    const int64_t own = parts_of(p->memory, step);
    if (signals == 0 || own == 1) {
      run_parts(p, step, 0, own);
      continue;
    }
    const int32_t parts = (int32_t)least(own, MOST_PARTS);
    const int32_t turn = (int32_t)((((uint32_t)load_word(&signals->turn) >> PART_BITS) + 1) << PART_BITS);
    store_word(&signals->turn, turn | CLOSED);
    store_word((int32_t *)&signals->words, (int32_t)((const uint8_t *)step - p->memory));
    store_word(&signals->parts, parts);
    store_word(&signals->finished, 0);
    store_word(&signals->turn, turn);
    take_parts(signals, p);
    for (int32_t round = 0; load_word(&signals->finished) < parts; round++) rest(round);
  }
  if (signals != 0) store_word(&signals->leading, 0);
}

// Takes parts of steps that are led, until none comes for a while, another plan is served, or JavaScript's turn has come.
static void follow(struct signals *signals, const struct place *p, int32_t plan) {
  for (int32_t round = 0, idle = 0; idle < IDLE_ROUNDS && load_word(&signals->plan) == plan; round++) {
    const int32_t turn = load_word(&signals->turn);
    if (take_parts(signals, p) == NOT_OURS) return;
    if (load_word(&signals->leading)) idle = 0;
    else idle++;
    if (load_word(&signals->turn) == turn) rest(round);
  }
}

#endif
