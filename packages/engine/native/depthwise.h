// Windows of 3 × 3 over one channel's image, each channel by itself: depthwise convolutions. A strip of one vector's width
// goes down the image; an image row is loaded once and serves all the rows of sums whose windows it lies in, each sum still
// taking its taps in their order.
#ifndef ASSAY_DEPTHWISE_H
#define ASSAY_DEPTHWISE_H

#include "image.h"
#include "vector.h"

enum { WINDOW = 3, MAX_STRIPS = 64 };

// One channel: row 0, place 0 of its image, its nine taps, its sums; and the same of one whose lines are asked for meanwhile.
struct channel {
  const float *from, *next, *taps;
  float *out, *next_out;
};

// A vector of places: its first sum, its first place, the elements of its loads that exist, and its lanes.
struct strip {
  int64_t x, place;
  vm there[WINDOW], lanes;
};

static struct strip strip_of(const struct image *image, int64_t x) {
  struct strip s = {.x = x, .place = x * image->step, .lanes = vm_first(image->width - x)};
  for (int k = 0; k < WINDOW; k++) {
    // Step 2: two vectors of neighbours, from place 1 on.
    const int64_t from = s.place + (image->step == 1 ? k : 1 + k * LANES);
    s.there[k] = vm_between(greatest(0, image->place_low - from), image->place_high - from);
  }
  return s;
}

// The elements of an image row under the taps across; +0 where there are none.
INLINE void load_row(const struct image *image, const struct strip *s, const struct channel *c, int64_t row, const int step,
                     vf x[WINDOW]) {
  if (row < image->row_low || row >= image->row_high) {
    UNROLL for (int k = 0; k < WINDOW; k++) x[k] = vf_zero();
    return;
  }
  const int64_t at = row * image->pitch + s->place;
  const float *from = c->from + at;
  __builtin_prefetch(c->next + at + 1, 0, 3);
  if (step == 1) {
    UNROLL for (int k = 0; k < WINDOW; k++) x[k] = vf_load_mask(from + k, s->there[k]);
    return;
  }
  __builtin_prefetch(c->next + at + 1 + LANES, 0, 3);
  const vf low = vf_load_mask(from + 1, s->there[0]), high = vf_load_mask(from + 1 + LANES, s->there[1]);
  x[1] = vf_even(low, high);
  x[2] = vf_odd(low, high);
  x[0] = vf_push(s->place >= image->place_low && s->place < image->place_high ? *from : 0.0f, x[2]);
}

INLINE vf add_row(vf sum, const vf x[WINDOW], const vf *taps) {
  UNROLL for (int k = 0; k < WINDOW; k++) sum = vf_fma(taps[k], x[k], sum);
  return sum;
}

INLINE void store_row(const struct image *image, const struct strip *s, const struct channel *c, int64_t y, vf sum) {
  const int64_t at = y * image->width + s->x;
  __builtin_prefetch(c->next_out + at, 1, 3);
  if (image->width - s->x >= LANES) vf_store(c->out + at, sum);
  else vf_store_mask(c->out + at, sum, s->lanes);
}

// `count` strips abreast, for the latency of their chains. The sums of the first rows have had no rows above and are left.
INLINE void strips_step_1(const struct image *image, const struct strip *s, const int count, int64_t height,
                          const struct channel *c) {
  vf first[2], second[2], x[WINDOW], taps[WINDOW * WINDOW];
  UNROLL for (int k = 0; k < WINDOW * WINDOW; k++) taps[k] = vf_set1(c->taps[k]);
  UNROLL for (int i = 0; i < count; i++) first[i] = second[i] = vf_zero();
  for (int64_t row = 0; row < height + 2; row++)
    UNROLL for (int i = 0; i < count; i++) {
      load_row(image, &s[i], c, row, 1, x);
      const vf third = add_row(second[i], x, taps + 6);
      second[i] = add_row(first[i], x, taps + 3);
      first[i] = add_row(vf_zero(), x, taps);
      if (row >= 2) store_row(image, &s[i], c, row - 2, third);
    }
}

INLINE void strips_step_2(const struct image *image, const struct strip *s, const int count, int64_t height,
                          const struct channel *c) {
  vf sum[2], x[WINDOW], taps[WINDOW * WINDOW];
  UNROLL for (int k = 0; k < WINDOW * WINDOW; k++) taps[k] = vf_set1(c->taps[k]);
  UNROLL for (int i = 0; i < count; i++) {
    load_row(image, &s[i], c, 0, 2, x);
    sum[i] = add_row(vf_zero(), x, taps);
  }
  for (int64_t y = 0; y < height; y++)
    UNROLL for (int i = 0; i < count; i++) {
      load_row(image, &s[i], c, 2 * y + 1, 2, x);
      sum[i] = add_row(sum[i], x, taps + 3);
      load_row(image, &s[i], c, 2 * y + 2, 2, x);
      store_row(image, &s[i], c, y, add_row(sum[i], x, taps + 6));
      sum[i] = add_row(vf_zero(), x, taps);
    }
}

static void run_channel(const struct image *image, const struct strip *strips, int64_t height, const struct channel *c) {
  const int64_t count = (image->width + LANES - 1) / LANES;
  int64_t i = 0;
  for (; i + 2 <= count; i += 2)
    if (image->step == 1) strips_step_1(image, strips + i, 2, height, c);
    else strips_step_2(image, strips + i, 2, height, c);
  if (i == count) return;
  if (image->step == 1) strips_step_1(image, strips + i, 1, height, c);
  else strips_step_2(image, strips + i, 1, height, c);
}

#endif
