// A vector of gathered columns: how its lanes' elements are loaded for any r. Neighbouring columns are mostly neighbours in
// memory, in a few runs (rows of an image); each run is one masked load. What is not so is gathered lane by lane.
#ifndef ASSAY_GATHER_H
#define ASSAY_GATHER_H

#include "factor.h"
#include "vector.h"

enum { MAX_RUNS = 3 };

struct gather {
  const float *from;
  const int32_t *depth;
  // Lanes that there are.
  vm lanes;
  // Runs of consecutive offsets; 0: more than MAX_RUNS.
  int runs;
  int64_t offset[MAX_RUNS];
  vm run[MAX_RUNS];
  vi offsets;
  // Guards that can fail for one of these lanes at some r.
  uint32_t guards;
  vi lane[MAX_GUARDS];
  vi size[MAX_GUARDS];
  const int32_t *guard_depth[MAX_GUARDS];
};

// Least and greatest value of a guard over the depth, so that vectors it cannot fail for skip it.
struct extent {
  int64_t least, greatest;
};

static void extents_of(struct view v, int64_t depth, struct extent extent[MAX_GUARDS]) {
  for (uint32_t g = 0; g < guards_of(v); g++) {
    const int32_t *at = table(v.memory, v.factor->guard[g].depth);
    int32_t low = at[0], high = at[0];
    for (int64_t r = 1; r < depth; r++) {
      low = at[r] < low ? at[r] : low;
      high = at[r] > high ? at[r] : high;
    }
    extent[g] = (struct extent){low, high};
  }
}

static struct gather gather_of(struct view v, int64_t n, int64_t count, const struct extent *extent) {
  struct gather g = {.from = floats_of(v), .depth = v.depth, .lanes = vm_first(count), .runs = 0, .guards = 0};
  const int32_t *lane = v.lane + n;
  g.offsets = vi_load_mask(lane, g.lanes);
  int64_t start = 0;
  int runs = 0;
  for (int64_t i = 1; i <= count; i++) {
    if (i < count && lane[i] == lane[i - 1] + 1) continue;
    if (runs < MAX_RUNS) {
      g.offset[runs] = (int64_t)lane[start] - start;
      g.run[runs] = vm_between(start, i);
    }
    runs++;
    start = i;
  }
  g.runs = runs <= MAX_RUNS ? runs : 0;
  for (uint32_t k = 0; k < guards_of(v); k++) {
    const struct guard *guard = &v.factor->guard[k];
    const int32_t *at = table(v.memory, guard->lane) + n;
    int64_t low = at[0], high = at[0];
    for (int64_t i = 1; i < count; i++) {
      low = least(low, at[i]);
      high = greatest(high, at[i]);
    }
    if (low + extent[k].least >= 0 && high + extent[k].greatest < (int64_t)guard->size) continue;
    g.lane[g.guards] = vi_load_mask(at, g.lanes);
    g.size[g.guards] = vi_set1((int32_t)guard->size);
    g.guard_depth[g.guards++] = table(v.memory, guard->depth);
  }
  return g;
}

INLINE vm gather_mask(const struct gather *g, int64_t r) {
  vm mask = g->lanes;
  for (uint32_t k = 0; k < g->guards; k++)
    mask = vm_and(mask, vm_below(vi_add(g->lane[k], vi_set1(g->guard_depth[k][r])), g->size[k]));
  return mask;
}

// The elements at r of the lanes in `mask`; 0 elsewhere.
INLINE vf gather_load(const struct gather *g, int64_t r, vm mask) {
  const float *from = g->from + g->depth[r];
  if (g->runs == 1) return vf_load_mask(from + g->offset[0], mask);
  if (g->runs == 0) return vf_gather(from, g->offsets, mask);
  vf x = vf_load_mask(from + g->offset[0], vm_and(mask, g->run[0]));
  for (int i = 1; i < g->runs; i++) x = vf_or(x, vf_load_mask(from + g->offset[i], vm_and(mask, g->run[i])));
  return x;
}

#endif
