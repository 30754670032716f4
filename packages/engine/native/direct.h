// Contractions of one row and a short depth over gathered columns, such as depthwise convolutions: columns are loaded where
// they are, for packing would cost more than it saves. What is known of a vector of columns serves all batches.
#ifndef ASSAY_DIRECT_H
#define ASSAY_DIRECT_H

#include "packed_rows.h"
#include "gather.h"
#include "tile_common.h"

// Vectors described at a time; vectors whose sums run side by side, to hide the latency of the chain.
enum { DIRECT_DEPTH = MAX_PERIOD, DIRECT_VECTORS = 16, DIRECT_ABREAST = 4 };

static int is_direct(const struct contraction *c) {
  return c->rows == 1 && c->depth <= DIRECT_DEPTH && c->factor[SIDE_COLUMNS].mode == MODE_GATHERED;
}

// `count` vectors of one kind. `row`: the row's elements; `from`: the batch's first element.
INLINE void direct_vectors(struct gather *g, int kind, int count, int64_t depth, const float *row, const float *from,
                           float *out) {
  vf sum[DIRECT_ABREAST];
  UNROLL for (int i = 0; i < count; i++) {
    sum[i] = vf_zero();
    g[i].from = from;
  }
  for (int64_t r = 0; r < depth; r++) {
    const vf x = vf_set1(row[r]);
    UNROLL for (int i = 0; i < count; i++)
      sum[i] = vf_fma(x, gather_load(&g[i], kind, r, r, g[i].mask[r]), sum[i]);
  }
  UNROLL for (int i = 0; i < count; i++) vf_store_mask(out + i * LANES, sum[i], g[i].lanes);
}

// Vectors of one run of neighbours each: one load per element.
INLINE void direct_neighbours(const struct gather *g, int count, int64_t depth, const float *row, const float *from,
                              float *out) {
  vf sum[DIRECT_ABREAST];
  const float *start[DIRECT_ABREAST];
  UNROLL for (int i = 0; i < count; i++) {
    sum[i] = vf_zero();
    start[i] = from + g[i].offset[0];
  }
  const int32_t *at = g[0].depth;
  for (int64_t r = 0; r < depth; r++) {
    const vf x = vf_set1(row[r]);
    UNROLL for (int i = 0; i < count; i++)
      sum[i] = vf_fma(x, vf_load_mask(start[i] + at[r], g[i].mask[r]), sum[i]);
  }
  UNROLL for (int i = 0; i < count; i++) vf_store_mask(out + i * LANES, sum[i], g[i].lanes);
}

static int plain_run(const struct gather *g) { return g->kind == NEIGHBOURS && g->runs == 1; }

// One batch of the described vectors.
static void direct_batch(struct gather *g, int vectors, int64_t depth, const float *row, const float *from, float *out) {
  for (int i = 0; i < vectors;) {
    int alike = 1;
    while (alike < DIRECT_ABREAST && i + alike < vectors && g[i + alike].kind == g[i].kind &&
           plain_run(&g[i + alike]) == plain_run(&g[i]))
      alike++;
    if (alike < DIRECT_ABREAST) alike = 1;
    float *to = out + (int64_t)i * LANES;
    if (plain_run(&g[i])) {
      if (alike == 1) direct_neighbours(g + i, 1, depth, row, from, to);
      else direct_neighbours(g + i, DIRECT_ABREAST, depth, row, from, to);
    } else if (g[i].kind == NEIGHBOURS) {
      if (alike == 1) direct_vectors(g + i, NEIGHBOURS, 1, depth, row, from, to);
      else direct_vectors(g + i, NEIGHBOURS, DIRECT_ABREAST, depth, row, from, to);
    } else if (g[i].kind == WINDOWS) {
      if (alike == 1) direct_vectors(g + i, WINDOWS, 1, depth, row, from, to);
      else direct_vectors(g + i, WINDOWS, DIRECT_ABREAST, depth, row, from, to);
    } else {
      alike = 1;
      direct_vectors(g + i, SCATTERED, 1, depth, row, from, to);
    }
    i += alike;
  }
}

static void contract_direct(uint8_t *memory, const struct contraction *c, struct region region) {
  const struct view columns = view_of(memory, c, SIDE_COLUMNS, region.b0);
  const int32_t *out_batch = table(memory, c->out_batch);
  // Masks by r itself, the depth being short.
  struct guards guards = guards_over(columns, c->depth);
  guards.period = c->depth;
  struct gather g[DIRECT_VECTORS];
  for (int64_t n = region.n0; n < region.n1; n += DIRECT_VECTORS * LANES) {
    const int64_t end = least(n + DIRECT_VECTORS * LANES, region.n1);
    int vectors = 0;
    for (int64_t k = n; k < end; k += LANES) {
      struct gather *one = &g[vectors++];
      gather_of(one, columns, k, least(end - k, LANES), &guards);
      for (int64_t r = one->period; r < c->depth; r++) {
        one->mask[r] = one->mask[0];
        memcpy(one->window[r], one->window[0], sizeof one->window[0]);
      }
    }
    for (int32_t b = region.b0; b < region.b1; b++) {
      const struct view rows = view_of(memory, c, SIDE_ROWS, b);
      float copy[DIRECT_DEPTH];
      const float *row = copy;
      if (rows.factor->mode == MODE_PACKED) row = (const float *)(bytes_of(rows) + PACKED_HEAD);
      else if (rows.factor->mode == MODE_STRIDED && rows.factor->stride == 1) row = floats_of(rows) + rows.lane[0];
      else copy_float_rows(rows, 0, 1, 0, c->depth, copy, DIRECT_DEPTH);
      float *out = (float *)(memory + c->out) + out_batch[b] + table(memory, c->out_row)[0] + n;
      direct_batch(g, vectors, c->depth, row, floats_of(view_of(memory, c, SIDE_COLUMNS, b)), out);
    }
  }
}

#endif
