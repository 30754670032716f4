// Columns of floats packed in panels: PANEL columns for r = 0, then for r = 1, …; the last panel filled with zeros.
#ifndef ASSAY_FLOAT_COLUMNS_H
#define ASSAY_FLOAT_COLUMNS_H

#include "gather.h"

// What packing needs to know of a column factor, for all of a call's batches.
struct column_plan {
  struct guards guards;
  // Whether each column's elements are consecutive over r, all existing: the columns are rows of a stored matrix.
  int transposed;
};

static struct column_plan plan_columns(struct view v, int64_t depth) {
  struct column_plan plan = {.transposed = 0};
  if (v.factor->mode != MODE_GATHERED) return plan;
  plan.guards = guards_over(v, depth);
#if HAS_TRANSPOSE
  plan.transposed = plan.guards.count == 0 && depth > 1 && v.depth[1] == v.depth[0] + 1 &&
                    v.depth[depth - 1] - v.depth[0] == depth - 1 && evenly_spaced(v.depth, 0, depth);
#endif
  return plan;
}

// Elements so many r ahead are asked for: their rows lie too far apart for the machine to guess.
enum { AHEAD = 24 };
INLINE int64_t ahead_of(int64_t r, int64_t end) { return r + AHEAD < end ? r + AHEAD : end - 1; }
INLINE void ask(const void *p) { __builtin_prefetch(p, 0, 3); }

// One run of neighbours: one load each r, and nothing else.
INLINE void pack_run(const struct gather *g, int64_t r0, int64_t r1, float *to, int64_t pitch) {
  const float *from = g->from + g->offset[0];
  if (g->period == 1) {
    const vm mask = g->mask[0];
    for (int64_t r = r0; r < r1; r++, to += pitch) {
      ask(from + g->depth[ahead_of(r, r1)]);
      vf_store(to, vf_load_mask(from + g->depth[r], mask));
    }
    return;
  }
  int64_t phase = r0 % g->period;
  for (int64_t r = r0; r < r1; r++, to += pitch) {
    ask(from + g->depth[ahead_of(r, r1)]);
    vf_store(to, vf_load_mask(from + g->depth[r], g->mask[phase]));
    phase = phase + 1 == g->period ? 0 : phase + 1;
  }
}

INLINE void pack_vector_of(const struct gather *g, int kind, int64_t r0, int64_t r1, float *to, int64_t pitch) {
  if (g->period == 1) {
    const vm mask = g->mask[0];
    for (int64_t r = r0; r < r1; r++, to += pitch) vf_store(to, gather_load(g, kind, r, 0, mask));
  } else if (g->period != 0) {
    int64_t phase = r0 % g->period;
    for (int64_t r = r0; r < r1; r++, to += pitch) {
      vf_store(to, gather_load(g, kind, r, phase, g->mask[phase]));
      phase = phase + 1 == g->period ? 0 : phase + 1;
    }
  } else
    for (int64_t r = r0; r < r1; r++, to += pitch) vf_store(to, gather_load(g, kind, r, 0, gather_mask(g, r)));
}

// One vector, r in [r0, r1), stored `pitch` floats apart.
static void pack_vector(const struct gather *g, int64_t r0, int64_t r1, float *to, int64_t pitch) {
  if (g->kind == NEIGHBOURS && g->runs == 1 && g->period != 0) pack_run(g, r0, r1, to, pitch);
  else if (g->kind == NEIGHBOURS) pack_vector_of(g, NEIGHBOURS, r0, r1, to, pitch);
  else if (g->kind == WINDOWS) pack_vector_of(g, WINDOWS, r0, r1, to, pitch);
  else pack_vector_of(g, SCATTERED, r0, r1, to, pitch);
}

static void pack_strided_vector(struct view v, int64_t n, int64_t count, int64_t r0, int64_t r1, float *to, int64_t pitch) {
  const float *from = floats_of(v) + v.lane[0] + n;
  const vm lanes = vm_first(count);
  for (int64_t r = r0; r < r1; r++, to += pitch) {
    ask(from + v.depth[ahead_of(r, r1)]);
    vf_store(to, vf_load_mask(from + v.depth[r], lanes));
  }
}

#if HAS_TRANSPOSE
static void pack_transposed_vector(struct view v, int64_t n, int64_t count, int64_t r0, int64_t r1, float *to, int64_t pitch) {
  const float *from = floats_of(v) + v.depth[0];
  for (int64_t r = r0; r < r1; r += LANES, to += LANES * pitch) {
    const int64_t there = least(r1 - r, LANES);
    const vm mask = vm_first(there);
    vf x[LANES];
    UNROLL for (int i = 0; i < LANES; i++)
      x[i] = i < count ? vf_load_mask(from + v.lane[n + (i < count ? i : 0)] + r, mask) : vf_zero();
    vf_transpose(x);
    if (there == LANES) {
      UNROLL for (int i = 0; i < LANES; i++) vf_store(to + i * pitch, x[i]);
    } else
      for (int i = 0; i < there; i++) vf_store(to + i * pitch, x[i]);
  }
}
#endif

// Columns that are packed already, packed otherwise: seldom, where a contraction's rows were packed for other columns.
static void pack_packed_vector(struct view v, int64_t n, int64_t count, int64_t depth, int64_t r0, int64_t r1, float *to,
                               int64_t pitch) {
  const float *from = (const float *)bytes_of(v);
  for (int64_t r = r0; r < r1; r++, to += pitch)
    for (int64_t i = 0; i < LANES; i++) {
      const int64_t panel = (n + i) / PANEL * PANEL, lane = (n + i) % PANEL;
      to[i] = i < count ? from[panel * depth + r * PANEL + lane] : 0.0f;
    }
}

// `width` columns from n, those below n1, r in [r0, r1) of `depth`, stored `width` floats apart; the rest filled with zeros.
static void pack_panel(struct view v, const struct column_plan *plan, int64_t depth, int64_t n, int64_t n1, int64_t r0,
                       int64_t r1, float *to, int64_t width) {
  for (int64_t j = 0; j < width; j += LANES) {
    const int64_t count = greatest(0, least(n1 - n - j, LANES));
    if (count == 0)
      for (int64_t r = 0; r < r1 - r0; r++) vf_store(to + r * width + j, vf_zero());
    else if (v.factor->mode == MODE_PACKED) pack_packed_vector(v, n + j, count, depth, r0, r1, to + j, width);
    else if (v.factor->mode == MODE_STRIDED) pack_strided_vector(v, n + j, count, r0, r1, to + j, width);
#if HAS_TRANSPOSE
    else if (plan->transposed) pack_transposed_vector(v, n + j, count, r0, r1, to + j, width);
#endif
    else {
      struct gather g;
      gather_of(&g, v, n + j, count, &plan->guards);
      pack_vector(&g, r0, r1, to + j, width);
    }
  }
}

#endif
