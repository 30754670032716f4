// Columns of floats packed in panels: PANEL columns for r = 0, then for r = 1, …; the last panel filled with zeros.
#ifndef ASSAY_FLOAT_COLUMNS_H
#define ASSAY_FLOAT_COLUMNS_H

#include "gather.h"
#include "quantised.h"

// What packing needs to know of a column factor, for all of a call's batches.
struct column_plan {
  struct guards guards;
  // Whether each column's elements are consecutive over r, all existing: the columns are rows of a stored matrix.
  int transposed;
  // How many columns there are.
  int64_t columns;
};

static struct column_plan plan_columns(struct view v, int64_t depth, int64_t columns) {
  struct column_plan plan = {.transposed = 0, .columns = columns};
  if (v.factor->mode != MODE_GATHERED) return plan;
  plan.guards = guards_over(v, depth);
#if HAS_TRANSPOSE
  plan.transposed = plan.guards.count == 0 && depth > 1 && v.depth[1] == v.depth[0] + 1 &&
                    v.depth[depth - 1] - v.depth[0] == depth - 1 && evenly_spaced(v.depth, 0, depth);
#endif
  return plan;
}

// Vectors of columns go into their panels side by side, so many r at a time: neighbours in memory share its pages, and what
// the next so many r will load is asked for meanwhile, for the machine cannot guess where that lies.
enum { BAND = 32, MAX_SLOTS = 10 };
INLINE int64_t ahead_of(int64_t r, int64_t end) { return r + BAND < end ? r + BAND : end - 1; }
INLINE void ask(const void *p) { __builtin_prefetch(p, 0, 3); }

// A vector of columns: `count` from n, and where its first element goes; all zeros where there are none.
struct slot {
  int64_t n, count;
  float *to;
};

// One run of neighbours: one load each r, and nothing else.
INLINE void pack_run(const struct gather *g, int64_t r0, int64_t r1, int64_t end, float *to, int64_t pitch) {
  const float *from = g->from + g->offset[0];
  if (g->period == 1) {
    const vm mask = g->mask[0];
    for (int64_t r = r0; r < r1; r++, to += pitch) {
      ask(from + g->depth[ahead_of(r, end)]);
      vf_store(to, vf_load_mask(from + g->depth[r], mask));
    }
    return;
  }
  int64_t phase = r0 % g->period;
  for (int64_t r = r0; r < r1; r++, to += pitch) {
    ask(from + g->depth[ahead_of(r, end)]);
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

// One vector, r in [r0, r1) of those below `end`, stored `pitch` floats apart.
static void pack_gathered_vector(const struct gather *g, int64_t r0, int64_t r1, int64_t end, float *to, int64_t pitch) {
  if (g->kind == NEIGHBOURS && g->runs == 1 && g->period != 0) pack_run(g, r0, r1, end, to, pitch);
  else if (g->kind == NEIGHBOURS) pack_vector_of(g, NEIGHBOURS, r0, r1, to, pitch);
  else if (g->kind == WINDOWS) pack_vector_of(g, WINDOWS, r0, r1, to, pitch);
  else pack_vector_of(g, SCATTERED, r0, r1, to, pitch);
}

static void pack_strided_vector(struct view v, int64_t n, int64_t count, int64_t r0, int64_t r1, int64_t end, float *to,
                                int64_t pitch) {
  const float *from = floats_of(v) + v.lane[0] + n;
  const vm lanes = vm_first(count);
  for (int64_t r = r0; r < r1; r++, to += pitch) {
    ask(from + v.depth[ahead_of(r, end)]);
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

static void pack_quantised_vector(const struct quantised q, int64_t n, int64_t count, int64_t r0, int64_t r1, float *to,
                                  int64_t pitch) {
  if (n % LANES == 0) {
    unquantise(&q, n, r0, r1, to, pitch);
    return;
  }
  for (int64_t r = r0; r < r1; r++, to += pitch)
    for (int64_t i = 0; i < LANES; i++) to[i] = i < count ? quantised_at(&q, n + i, r) : 0.0f;
}

// The slots' columns, r in [r0, r1) of `depth`, stored `pitch` floats apart.
static void pack_slots(struct view v, const struct column_plan *plan, int64_t depth, const struct slot *slots, int count,
                       int64_t r0, int64_t r1, int64_t pitch) {
  struct gather gathers[MAX_SLOTS];
  const int gathered = v.factor->mode == MODE_GATHERED && !plan->transposed;
  for (int i = 0; i < count; i++)
    if (gathered && slots[i].count > 0) gather_of(&gathers[i], v, slots[i].n, slots[i].count, &plan->guards);
  for (int64_t r = r0; r < r1; r += BAND) {
    const int64_t end = least(r + BAND, r1);
    for (int i = 0; i < count; i++) {
      const struct slot *s = &slots[i];
      float *to = s->to + (r - r0) * pitch;
      if (s->count == 0)
        for (int64_t k = r; k < end; k++, to += pitch) vf_store(to, vf_zero());
      else if (gathered) pack_gathered_vector(&gathers[i], r, end, r1, to, pitch);
      else if (v.factor->mode == MODE_STRIDED) pack_strided_vector(v, s->n, s->count, r, end, r1, to, pitch);
#if HAS_TRANSPOSE
      else if (plan->transposed) pack_transposed_vector(v, s->n, s->count, r, end, to, pitch);
#endif
      else if (v.factor->mode == MODE_QUANTISED) pack_quantised_vector(quantised_of(v, depth, plan->columns), s->n, s->count, r, end, to, pitch);
      else pack_packed_vector(v, s->n, s->count, depth, r, end, to, pitch);
    }
  }
}

// Columns [n, n1), at most MAX_SLOTS vectors with what fills the last panel: panels from `to` on, one after another.
static void pack_panels(struct view v, const struct column_plan *plan, int64_t depth, int64_t n, int64_t n1, int64_t r0,
                        int64_t r1, float *to) {
  struct slot slots[MAX_SLOTS];
  int count = 0;
  for (int64_t k = n; k < round_up(n1 - n, PANEL) + n; k += LANES) {
    float *panel = to + (k - n) / PANEL * PANEL * (r1 - r0);
    slots[count++] = (struct slot){k, greatest(0, least(n1 - k, LANES)), panel + (k - n) % PANEL};
  }
  pack_slots(v, plan, depth, slots, count, r0, r1, PANEL);
}

#endif
