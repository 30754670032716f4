// Columns of integers of 4 or 8 bits, each (q - zero) · scale, as packages/engine/src/quantisedColumns.ts lays them out: made
// floats in panels where many rows use them, in registers where few do.
#ifndef ASSAY_QUANTISED_H
#define ASSAY_QUANTISED_H

#include "factor.h"
#include "tile_common.h"

// Most rows whose sums are made straight from the integers.
enum { FEW_ROWS = 4 };
// What follows is asked for so many words ahead: the machine's own guesses end with a page.
enum { WORDS_AHEAD = 960, ZEROS_AHEAD = 256 };

struct quantised {
  const uint8_t *panels, *zeros;
  int bits;
  int64_t group, groups;
  // Bytes of a panel.
  int64_t bytes;
};

static int is_quantised(const struct contraction *c) { return c->factor[SIDE_COLUMNS].mode == MODE_QUANTISED; }

static struct quantised quantised_of(struct view v, int64_t depth, int64_t columns) {
  struct quantised q = {.panels = bytes_of(v), .bits = v.factor->dtype == FACTOR_UINT4 ? 4 : 8, .group = v.factor->stride};
  const int64_t steps = 32 / q.bits;
  q.groups = (depth + q.group - 1) / q.group;
  q.bytes = 4 * PANEL * (q.groups + (depth + steps - 1) / steps);
  q.zeros = q.panels + (columns + PANEL - 1) / PANEL * q.bytes;
  return q;
}

// The words of lane n and what follows it, of step r; before them lie the scales of its group and of those before.
INLINE const int32_t *words_at(const struct quantised *q, int64_t n, int64_t r, const int bits) {
  const uint8_t *panel = q->panels + n / PANEL * q->bytes;
  return (const int32_t *)panel + (r / q->group + 1 + r / (32 / bits)) * PANEL + n % PANEL;
}

// Where a walk through lane n and what follows it is: a group's scales and zero points, its next words, where it ends.
struct walk {
  const int32_t *scales, *words;
  const uint8_t *zeros;
  int64_t end;
};

INLINE struct walk walk_from(const struct quantised *q, int64_t n, int64_t r, const int bits) {
  const int64_t group = r / q->group;
  return (struct walk){words_at(q, n, group * q->group, bits) - PANEL, words_at(q, n, r, bits),
                       q->zeros + (n / PANEL * q->groups + group) * PANEL + n % PANEL, (group + 1) * q->group};
}

INLINE void next_group(const struct quantised *q, struct walk *w) {
  w->scales = w->words;
  w->words += PANEL;
  w->zeros += PANEL;
  w->end += q->group;
}

// Scales and zero points of a vector of lanes; a zero point as 2^23 and it, exactly, as integers are made floats.
struct affine {
  vf scale, zero;
};

INLINE struct affine affine_of(const struct walk *w, int64_t lane) {
  return (struct affine){vf_load((const float *)w->scales + lane), vf_whole(vi_load_bytes(w->zeros + lane), 0, 255)};
}

// Element `place` of a word, of constants where it is unrolled.
INLINE vf element_of(vi word, int place, const int bits, struct affine affine) {
  return vf_mul(vf_sub(vf_whole(word, place * bits, (1 << bits) - 1), affine.zero), affine.scale);
}

// A vector of lanes that does not cross a panel, r in [r0, r1), stored `pitch` floats apart. r0 begins a word.
INLINE void unquantise_of(const int bits, const struct quantised *q, int64_t n, int64_t r0, int64_t r1, float *to,
                          int64_t pitch) {
  struct walk w = walk_from(q, n, r0, bits);
  for (int64_t r = r0; r < r1; next_group(q, &w)) {
    const int64_t end = least(w.end, r1);
    const struct affine affine = affine_of(&w, 0);
    for (; r + 32 / bits <= end; r += 32 / bits, w.words += PANEL) {
      const vi word = vi_load(w.words);
      UNROLL for (int k = 0; k < 32 / bits; k++, to += pitch) vf_store(to, element_of(word, k, bits, affine));
    }
    if (r == end) continue;
    const vi word = vi_load(w.words);
    for (int k = 0; r < end; k++, r++, to += pitch) vf_store(to, element_of(word, k, bits, affine));
  }
}

static void unquantise(const struct quantised *q, int64_t n, int64_t r0, int64_t r1, float *to, int64_t pitch) {
  if (q->bits == 4) unquantise_of(4, q, n, r0, r1, to, pitch);
  else unquantise_of(8, q, n, r0, r1, to, pitch);
}

// One element: seldom, where lanes are wanted that no vector begins with.
static float quantised_at(const struct quantised *q, int64_t n, int64_t r) {
  const int64_t group = r / q->group;
  const int place = (int)(r % (32 / q->bits));
  const uint32_t word = (uint32_t)*words_at(q, n, r, q->bits);
  const int32_t integer = (int32_t)(word >> place * q->bits & (uint32_t)((1 << q->bits) - 1));
  const int32_t zero = q->zeros[(n / PANEL * q->groups + group) * PANEL + n % PANEL];
  return (float)(integer - zero) * *((const float *)words_at(q, n, group * q->group, q->bits) - PANEL);
}

// Sums of few rows and a panel's columns, r in [r0, r1) of one block, in the order of tile.h.
struct few_rows {
  const float *a;
  int64_t pitch;
  int64_t r0, r1;
  float *out;
  const int32_t *out_row;
  int64_t columns;
  int mode;
};

INLINE void few_rows_step(const int rows, vf sum[FEW_ROWS][2], const struct few_rows *t, int64_t r, const vf column[2]) {
  UNROLL for (int i = 0; i < rows; i++) {
    const vf row = vf_set1(*((const float *)((const char *)t->a + i * t->pitch) + (r - t->r0)));
    UNROLL for (int j = 0; j < 2; j++) sum[i][j] = vf_fma(row, column[j], sum[i][j]);
  }
}

INLINE void few_rows_of(const int rows, const int bits, const struct quantised *q, int64_t n, const struct few_rows *t) {
  vf sum[FEW_ROWS][2];
  const vm lanes[2] = {vm_first(t->columns), vm_first(t->columns - LANES)};
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < 2; j++)
      sum[i][j] = t->mode == GO_ON ? vf_load_mask(t->out + t->out_row[i] + j * LANES, lanes[j]) : vf_zero();
  struct walk w = walk_from(q, n, t->r0, bits);
  for (int64_t r = t->r0; r < t->r1; next_group(q, &w)) {
    const int64_t end = least(w.end, t->r1);
    struct affine affine[2];
    UNROLL for (int j = 0; j < 2; j++) {
      affine[j] = affine_of(&w, j * LANES);
      __builtin_prefetch(w.scales + WORDS_AHEAD + j * LANES, 0, 2);
    }
    __builtin_prefetch(w.zeros + ZEROS_AHEAD, 0, 2);
    for (; r < end; w.words += PANEL) {
      vi word[2];
      vf column[2];
      UNROLL for (int j = 0; j < 2; j++) {
        word[j] = vi_load(w.words + j * LANES);
        __builtin_prefetch(w.words + WORDS_AHEAD + j * LANES, 0, 2);
      }
      if (r + 32 / bits <= end) {
        UNROLL for (int k = 0; k < 32 / bits; k++) {
          UNROLL for (int j = 0; j < 2; j++) column[j] = element_of(word[j], k, bits, affine[j]);
          few_rows_step(rows, sum, t, r + k, column);
        }
        r += 32 / bits;
      } else
        for (int k = 0; r < end; k++, r++) {
          UNROLL for (int j = 0; j < 2; j++) column[j] = element_of(word[j], k, bits, affine[j]);
          few_rows_step(rows, sum, t, r, column);
        }
    }
  }
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < 2; j++) {
      float *out = t->out + t->out_row[i] + j * LANES;
      const vf x = t->mode == ADD ? vf_add(vf_load_mask(out, lanes[j]), sum[i][j]) : sum[i][j];
      vf_store_mask(out, x, lanes[j]);
    }
}

#define FEW(rows, bits) \
  static void few_rows_##rows##_##bits(const struct quantised *q, int64_t n, const struct few_rows *t) { \
    few_rows_of(rows, bits, q, n, t); \
  }
FEW(1, 4) FEW(2, 4) FEW(3, 4) FEW(4, 4) FEW(1, 8) FEW(2, 8) FEW(3, 8) FEW(4, 8)
#undef FEW

typedef void few_rows_function(const struct quantised *, int64_t, const struct few_rows *);
static few_rows_function *const few_rows_functions[2][FEW_ROWS] = {
    {few_rows_1_4, few_rows_2_4, few_rows_3_4, few_rows_4_4}, {few_rows_1_8, few_rows_2_8, few_rows_3_8, few_rows_4_8}};

// Columns from n on, at most a panel.
static void contract_few_rows(const struct quantised *q, int64_t rows, int64_t n, struct few_rows t) {
  few_rows_functions[q->bits == 8][rows - 1](q, n, &t);
}

#endif
