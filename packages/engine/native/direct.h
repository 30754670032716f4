// Contractions of one row and a short depth over gathered columns, such as depthwise convolutions: columns are loaded where
// they are, for packing would cost more than it saves. What is known of a vector of columns serves all batches.
#ifndef ASSAY_DIRECT_H
#define ASSAY_DIRECT_H

#include "depthwise.h"
#include "float_columns.h"
#include "packed_rows.h"
#include "tile_common.h"

// Vectors described at a time; vectors whose sums run side by side, to hide the latency of the chain.
enum { DIRECT_DEPTH = MAX_PERIOD, DIRECT_VECTORS = 32, DIRECT_ABREAST = 4 };

// One batch: the row's elements, the columns' first element, the sums of the first vector; and the same of the next batch,
// whose lines are asked for meanwhile.
struct direct {
  int64_t depth;
  const float *row, *from, *next;
  float *out, *next_out;
};

static int may_be_direct(const struct contraction *c) {
  return c->rows == 1 && c->depth <= DIRECT_DEPTH && c->factor[SIDE_COLUMNS].mode == MODE_GATHERED;
}

// Columns that are rows of a stored matrix would be gathered lane by lane: they are packed, by transposing.
static int is_direct(const uint8_t *memory, const struct contraction *c) {
  return may_be_direct(c) && !plan_columns(view_of(memory, c, SIDE_COLUMNS, 0), c->depth, c->columns).transposed;
}

INLINE void ask_next(const struct direct *d, const struct gather *g, int vector) {
  const float *next = d->next + g->offset[0];
  __builtin_prefetch(next + g->depth[0], 0, 3);
  __builtin_prefetch(next + g->depth[d->depth - 1], 0, 3);
  __builtin_prefetch(d->next_out + vector * LANES, 1, 3);
}

// `count` vectors of one kind, from `vector` on.
INLINE void direct_vectors(struct gather *all, int kind, int vector, int count, const struct direct *d) {
  struct gather *g = all + vector;
  vf sum[DIRECT_ABREAST];
  UNROLL for (int i = 0; i < count; i++) {
    sum[i] = vf_zero();
    g[i].from = d->from;
    ask_next(d, &g[i], vector + i);
  }
  for (int64_t r = 0; r < d->depth; r++) {
    const vf x = vf_set1(d->row[r]);
    UNROLL for (int i = 0; i < count; i++)
      sum[i] = vf_fma(x, gather_load(&g[i], kind, r, r, g[i].mask[r]), sum[i]);
  }
  UNROLL for (int i = 0; i < count; i++) vf_store_mask(d->out + (vector + i) * LANES, sum[i], g[i].lanes);
}

// Vectors of one run of neighbours each: one load per element.
INLINE void direct_neighbours(const struct gather *all, int vector, int count, const struct direct *d) {
  const struct gather *g = all + vector;
  vf sum[DIRECT_ABREAST];
  const float *start[DIRECT_ABREAST];
  UNROLL for (int i = 0; i < count; i++) {
    sum[i] = vf_zero();
    start[i] = d->from + g[i].offset[0];
    ask_next(d, &g[i], vector + i);
  }
  const int32_t *at = g[0].depth;
  for (int64_t r = 0; r < d->depth; r++) {
    const vf x = vf_set1(d->row[r]);
    UNROLL for (int i = 0; i < count; i++)
      sum[i] = vf_fma(x, vf_load_mask(start[i] + at[r], g[i].mask[r]), sum[i]);
  }
  UNROLL for (int i = 0; i < count; i++) vf_store_mask(d->out + (vector + i) * LANES, sum[i], g[i].lanes);
}

#if HAS_PICK
// Vectors of one window each: two loads and a permutation per element.
INLINE void direct_windows(const struct gather *all, int vector, int count, const struct direct *d) {
  const struct gather *g = all + vector;
  vf sum[DIRECT_ABREAST];
  const float *start[DIRECT_ABREAST];
  UNROLL for (int i = 0; i < count; i++) {
    sum[i] = vf_zero();
    start[i] = d->from + g[i].offset[0];
    ask_next(d, &g[i], vector + i);
  }
  const int32_t *at = g[0].depth;
  for (int64_t r = 0; r < d->depth; r++) {
    const vf x = vf_set1(d->row[r]);
    UNROLL for (int i = 0; i < count; i++) {
      const uint32_t window = g[i].window[r][0];
      const vf low = vf_load_mask(start[i] + at[r], (vm)window);
      const vf high = vf_load_mask(start[i] + at[r] + LANES, (vm)(window >> LANES));
      sum[i] = vf_fma(x, vf_pick(low, high, g[i].offsets, g[i].mask[r]), sum[i]);
    }
  }
  UNROLL for (int i = 0; i < count; i++) vf_store_mask(d->out + (vector + i) * LANES, sum[i], g[i].lanes);
}
#endif

// One batch of the described vectors.
static void direct_batch(struct gather *g, int vectors, const struct direct *d) {
#define ABREAST(call, ...) (alike == 1 ? call(__VA_ARGS__, i, 1, d) : call(__VA_ARGS__, i, DIRECT_ABREAST, d))
  for (int i = 0, alike; i < vectors; i += alike) {
    const int one = g[i].runs == 1;
    alike = 1;
    while (alike < DIRECT_ABREAST && i + alike < vectors && g[i + alike].kind == g[i].kind &&
           (g[i + alike].runs == 1) == one)
      alike++;
    if (alike < DIRECT_ABREAST) alike = 1;
    if (g[i].kind == NEIGHBOURS && one) ABREAST(direct_neighbours, g);
    else if (g[i].kind == NEIGHBOURS) ABREAST(direct_vectors, g, NEIGHBOURS);
#if HAS_PICK
    else if (g[i].kind == WINDOWS && one) ABREAST(direct_windows, g);
    else if (g[i].kind == WINDOWS) ABREAST(direct_vectors, g, WINDOWS);
#endif
    else {
      alike = 1;
      direct_vectors(g, SCATTERED, i, 1, d);
    }
  }
#undef ABREAST
}

// The row's elements, one after another: where they are, or copied.
INLINE const float *direct_row(struct view rows, int64_t depth, float *copy) {
  if (rows.factor->mode == MODE_PACKED) return (const float *)(bytes_of(rows) + PACKED_HEAD);
  if (rows.factor->mode == MODE_STRIDED && rows.factor->stride == 1) return floats_of(rows) + rows.lane[0];
  copy_float_rows(rows, 0, 1, 0, depth, copy, DIRECT_DEPTH);
  return copy;
}

// Batches of windows of 3 × 3 over whole images: 0 where they are no such thing.
static int contract_depthwise(uint8_t *memory, const struct contraction *c, struct region region) {
  struct image image;
  const struct view columns = view_of(memory, c, SIDE_COLUMNS, region.b0);
  if (region.n0 != 0 || region.n1 != c->columns) return 0;
  if (!is_image(columns, c->columns, c->depth, 0, c->columns, &image)) return 0;
  if (image.down != WINDOW || image.across != WINDOW || c->depth != WINDOW * WINDOW || image.step > 2) return 0;
  const int64_t height = c->columns / image.width, count = (image.width + LANES - 1) / LANES;
  if (count > MAX_STRIPS) return 0;
  struct strip strips[MAX_STRIPS];
  for (int64_t i = 0; i < count; i++) strips[i] = strip_of(&image, i * LANES);
  const int32_t *batch = table(memory, columns.factor->batch), *out_batch = table(memory, c->out_batch);
  const float *from = (const float *)(memory + columns.factor->address) + image.first;
  float *out = (float *)(memory + c->out) + table(memory, c->out_row)[0];
  // Small images are done sooner than memory answers: so many further is asked for.
  const int32_t ahead = (int32_t)(1 + DIRECT_VECTORS / (count * height));
  for (int32_t b = region.b0; b < region.b1; b++) {
    const int32_t next = b + ahead < region.b1 ? b + ahead : b;
    float copy[DIRECT_DEPTH];
    const float *taps = direct_row(view_of(memory, c, SIDE_ROWS, b), c->depth, copy);
    const struct channel channel = {from + batch[b], from + batch[next], taps, out + out_batch[b], out + out_batch[next]};
    run_channel(&image, strips, height, &channel);
  }
  return 1;
}

static void contract_direct(uint8_t *memory, const struct contraction *c, struct region region) {
  if (contract_depthwise(memory, c, region)) return;
  const struct view columns = view_of(memory, c, SIDE_COLUMNS, region.b0);
  const int32_t *batch = table(memory, columns.factor->batch), *out_batch = table(memory, c->out_batch);
  const float *from = (const float *)(memory + columns.factor->address);
  float *out = (float *)(memory + c->out) + table(memory, c->out_row)[0];
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
    // Batches of few vectors are done sooner than memory answers: so many further is asked for.
    const int32_t ahead = 1 + DIRECT_VECTORS / vectors;
    for (int32_t b = region.b0; b < region.b1; b++) {
      const int32_t next = b + ahead < region.b1 ? b + ahead : b;
      float copy[DIRECT_DEPTH];
      const struct direct d = {c->depth,
                               direct_row(view_of(memory, c, SIDE_ROWS, b), c->depth, copy),
                               from + batch[b],
                               from + batch[next],
                               out + out_batch[b] + n,
                               out + out_batch[next] + n};
      direct_batch(g, vectors, &d);
    }
  }
}

#endif
