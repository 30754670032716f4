// A vector of gathered columns: how its lanes' elements are loaded for any r. Neighbouring columns are mostly neighbours in
// memory, in a few runs (rows of an image): a run of neighbours is one masked load; a run with gaps, as strides make, is two
// loads and a permutation where the machine has one. What is neither is gathered lane by lane.
//
// Which elements exist depends on r through the guards' tables; these mostly repeat (every channel has the same kernel), so
// the masks are made once for a period of r.
#ifndef ASSAY_GATHER_H
#define ASSAY_GATHER_H

#include "factor.h"
#include "vector.h"

enum { MAX_RUNS = 4, MAX_PERIOD = 64 };
enum { NEIGHBOURS, WINDOWS, SCATTERED };

// What is known of a factor's guards over the whole depth.
struct guards {
  uint32_t count;
  // The tables repeat after so many r; 0: not within MAX_PERIOD.
  int64_t period;
  const int32_t *depth[MAX_GUARDS];
  // Least and greatest of each table.
  int64_t least[MAX_GUARDS], greatest[MAX_GUARDS];
};

struct gather {
  int kind, runs;
  const float *from;
  const int32_t *depth;
  // Lanes that there are, and those of each run.
  vm lanes, run[MAX_RUNS];
  // NEIGHBOURS: where lane 0 of a run would be. WINDOWS: a run's first element.
  int64_t offset[MAX_RUNS];
  // SCATTERED: each lane's offset. WINDOWS: each lane's place in its window.
  vi offsets;
  // 0: all elements exist. Else the guards that can fail here, and the masks of a period.
  uint32_t guards;
  int64_t period;
  vi lane[MAX_GUARDS], size[MAX_GUARDS];
  const int32_t *guard_depth[MAX_GUARDS];
  vm mask[MAX_PERIOD];
  // WINDOWS: the elements of a window that lie between two that exist (or are such), by r and run.
  uint32_t window[MAX_PERIOD][MAX_RUNS];
};

static struct guards guards_over(struct view v, int64_t depth) {
  struct guards all = {.count = guards_of(v), .period = 1};
  for (uint32_t g = 0; g < all.count; g++) all.depth[g] = table(v.memory, v.factor->guard[g].depth);
  for (uint32_t g = 0; g < all.count && all.period != 0;) {
    const int64_t period = all.period;
    if (period >= depth || memcmp(all.depth[g], all.depth[g] + period, (size_t)(depth - period) * 4) == 0) {
      g++;
      continue;
    }
    all.period = period < MAX_PERIOD ? period + 1 : 0;
    g = 0;
  }
  const int64_t end = all.period == 0 ? depth : least(all.period, depth);
  for (uint32_t g = 0; g < all.count; g++) {
    all.least[g] = all.greatest[g] = all.depth[g][0];
    for (int64_t r = 1; r < end; r++) {
      all.least[g] = least(all.least[g], all.depth[g][r]);
      all.greatest[g] = greatest(all.greatest[g], all.depth[g][r]);
    }
  }
  return all;
}

INLINE vm gather_mask(const struct gather *g, int64_t r) {
  vm mask = g->lanes;
  for (uint32_t k = 0; k < g->guards; k++)
    mask = vm_and(mask, vm_below(vi_add(g->lane[k], vi_set1(g->guard_depth[k][r])), g->size[k]));
  return mask;
}

// Runs of consecutive offsets; 0 where there are more than MAX_RUNS.
static int find_neighbours(struct gather *g, const int32_t *lane, int64_t count) {
  int runs = 0;
  int64_t start = 0;
  for (int64_t i = 1; i <= count; i++) {
    if (i < count && lane[i] == lane[i - 1] + 1) continue;
    if (runs == MAX_RUNS) return 0;
    g->offset[runs] = (int64_t)lane[start] - start;
    g->run[runs++] = vm_between(start, i);
    start = i;
  }
  return runs;
}

#if HAS_PICK
// Runs of rising offsets within two vectors' length.
static int find_windows(struct gather *g, const int32_t *lane, int64_t count) {
  int32_t place[LANES] = {0};
  int runs = 0;
  int64_t start = 0;
  for (int64_t i = 1; i <= count; i++) {
    if (i < count && lane[i] > lane[i - 1] && lane[i] - lane[start] < 2 * LANES) continue;
    if (runs == MAX_RUNS) return 0;
    for (int64_t k = start; k < i; k++) place[k] = lane[k] - lane[start];
    g->offset[runs] = lane[start];
    g->run[runs++] = vm_between(start, i);
    start = i;
  }
  g->offsets = vi_load(place);
  return runs;
}

// Elements of a window from the first to the last of the lanes in `mask`.
INLINE uint32_t window_of(const int32_t *place, uint32_t mask) {
  if (mask == 0) return 0;
  const int32_t first = place[__builtin_ctz(mask)], last = place[31 - __builtin_clz(mask)];
  return (uint32_t)((((uint64_t)1 << (last + 1)) - 1) & ~(((uint64_t)1 << first) - 1));
}

static void set_windows(struct gather *g, int64_t r, vm mask) {
  int32_t place[LANES];
  vi_store(place, g->offsets);
  for (int w = 0; w < g->runs; w++) g->window[r][w] = window_of(place, vm_bits(vm_and(mask, g->run[w])));
}
#endif

static void find_runs(struct gather *g, const int32_t *lane, int64_t count) {
  g->kind = NEIGHBOURS;
  g->runs = find_neighbours(g, lane, count);
  if (g->runs != 0) return;
#if HAS_PICK
  // Windows hold masks by r, for which a period must be known.
  g->kind = WINDOWS;
  if (g->period != 0) g->runs = find_windows(g, lane, count);
  if (g->runs != 0) return;
#endif
  g->kind = SCATTERED;
  g->offset[0] = lane[0];
  g->offsets = vi_load_mask(lane, g->lanes);
}

// Describes columns [n, n + count).
static void gather_of(struct gather *g, struct view v, int64_t n, int64_t count, const struct guards *all) {
  g->from = floats_of(v);
  g->depth = v.depth;
  g->lanes = vm_first(count);
  g->period = all->period;
  g->guards = 0;
  for (uint32_t k = 0; k < all->count; k++) {
    const struct guard *guard = &v.factor->guard[k];
    const int32_t *at = table(v.memory, guard->lane) + n;
    int64_t low = at[0], high = at[0];
    for (int64_t i = 1; i < count; i++) {
      low = least(low, at[i]);
      high = greatest(high, at[i]);
    }
    if (low + all->least[k] >= 0 && high + all->greatest[k] < (int64_t)guard->size) continue;
    g->lane[g->guards] = vi_load_mask(at, g->lanes);
    g->size[g->guards] = vi_set1((int32_t)guard->size);
    g->guard_depth[g->guards++] = all->depth[k];
  }
  if (g->guards == 0) g->period = 1;
  find_runs(g, v.lane + n, count);
  for (int64_t r = 0; r < g->period; r++) {
    g->mask[r] = gather_mask(g, r);
#if HAS_PICK
    if (g->kind == WINDOWS) set_windows(g, r, g->mask[r]);
#endif
  }
}

// The elements at r of the lanes in `mask`; 0 elsewhere. `phase`: r modulo the period.
INLINE vf gather_load(const struct gather *g, int kind, int64_t r, int64_t phase, vm mask) {
  const float *from = g->from + g->depth[r];
  if (kind == SCATTERED) return vf_gather(from, g->offsets, mask);
#if HAS_PICK
  if (kind == WINDOWS) {
    vf x = vf_zero();
    for (int w = 0; w < g->runs; w++) {
      const float *start = from + g->offset[w];
      const uint32_t window = g->window[phase][w];
      const vf low = vf_load_mask(start, (vm)window), high = vf_load_mask(start + LANES, (vm)(window >> LANES));
      x = vf_or(x, vf_pick(low, high, g->offsets, vm_and(mask, g->run[w])));
    }
    return x;
  }
#else
  (void)phase;
#endif
  if (g->runs == 1) return vf_load_mask(from + g->offset[0], mask);
  vf x = vf_load_mask(from + g->offset[0], vm_and(mask, g->run[0]));
  for (int w = 1; w < g->runs; w++) x = vf_or(x, vf_load_mask(from + g->offset[w], vm_and(mask, g->run[w])));
  return x;
}

#endif
