// Groups of integers, as integer.h multiplies them: four bytes or two numbers of 16 bits, packed lane by lane.
#ifndef ASSAY_INTEGER_GROUPS_H
#define ASSAY_INTEGER_GROUPS_H

#include "gather.h"
#include "integer_tile.h"

enum { GROUP = DOT_BYTES ? 4 : 2, GROUPS_PER_LINE = 16 };
// Groups of a block of the depth; columns and rows packed at once.
enum { GROUP_BLOCK = 512, INTEGER_COLUMNS = 256, INTEGER_ROWS = 256 };

static int64_t groups_of(int64_t depth) { return (depth + GROUP - 1) / GROUP; }

// Element (i, r) as a group holds it. What does not exist is 0 once the zero point is off; past the depth's end both are 0.
static inline int32_t held(struct view v, int64_t i, int64_t r, int32_t zero) {
  const int32_t x = exists(v, i, r) ? integer_at(v, i, r) : zero;
  if (!DOT_BYTES) return x - zero;
  const int32_t turned = v.factor->dtype == FACTOR_INT8 ? 128 : 0;
  return v.side == SIDE_ROWS ? x + turned : x + turned - 128;
}

// The zero point of what a group holds.
static inline int32_t held_zero(struct view v, int32_t zero) {
  if (!DOT_BYTES) return 0;
  const int32_t turned = v.factor->dtype == FACTOR_INT8 ? 128 : 0;
  return v.side == SIDE_ROWS ? zero + turned : zero + turned - 128;
}

static inline int32_t group_of(const int32_t *x) {
  uint32_t group = 0;
  for (int k = 0; k < GROUP; k++)
    group |= DOT_BYTES ? ((uint32_t)x[k] & 0xff) << (8 * k) : ((uint32_t)x[k] & 0xffff) << (16 * k);
  return (int32_t)group;
}

// One lane's groups, `step` numbers apart, for r in [r0, r1). Returns the sum of its elements.
static int32_t pack_lane(struct view v, int64_t i, int64_t r0, int64_t r1, int32_t *to, int64_t step) {
  const int32_t zero = zero_of(v, i);
  uint32_t sum = 0;
  for (int64_t r = r0; r < r1; r += GROUP, to += step) {
    int32_t x[GROUP];
    for (int k = 0; k < GROUP; k++) {
      x[k] = r + k < r1 ? held(v, i, r + k, zero) : 0;
      sum += (uint32_t)x[k];
    }
    *to = group_of(x);
  }
  return (int32_t)sum;
}

#if DOT_BYTES
// A row of consecutive bytes: copied, signs turned over.
static int32_t copy_row(struct view v, int64_t i, int64_t r0, int64_t r1, int32_t *to) {
  const uint8_t *from = bytes_of(v) + row_start(v, i) + r0;
  const uint8_t turned = v.factor->dtype == FACTOR_INT8 ? 0x80 : 0;
  const vi turn = vi_set1(turned * 0x01010101), ones = vi_set1(0x01010101);
  const int64_t count = r1 - r0, width = sizeof(vi);
  uint8_t *bytes = (uint8_t *)to;
  vi sums = vi_zero();
  int64_t r = 0;
  for (; r + width <= count; r += width) {
    const vi x = vi_xor(vi_load((const int32_t *)(from + r)), turn);
    vi_store((int32_t *)(bytes + r), x);
    sums = vi_dot(sums, x, ones);
  }
  uint32_t sum = (uint32_t)vi_sum(sums);
  for (; r < count; r++) {
    bytes[r] = from[r] ^ turned;
    sum += bytes[r];
  }
  for (; r % GROUP != 0; r++) bytes[r] = 0;
  return (int32_t)sum;
}
#endif

// Rows [m0, m1), r in [r0, r1); adds their sums to `sums`.
static void pack_integer_rows(struct view v, int64_t m0, int64_t m1, int64_t r0, int64_t r1, int32_t *to, int64_t pitch,
                              int32_t *sums, int consecutive) {
  for (int64_t m = m0; m < m1; m++, to += pitch) {
#if DOT_BYTES
    const int32_t sum = consecutive ? copy_row(v, m, r0, r1, to) : pack_lane(v, m, r0, r1, to, 1);
#else
    (void)consecutive;
    const int32_t sum = pack_lane(v, m, r0, r1, to, 1);
#endif
    sums[m - m0] = (int32_t)((uint32_t)sums[m - m0] + (uint32_t)sum);
  }
}

// A panel's `count` columns from n on, one after another.
static void pack_lanes(struct view v, int64_t n, int64_t count, int64_t r0, int64_t r1, int32_t *to, int32_t *sums) {
  for (int64_t i = 0; i < PANEL; i++) {
    if (i < count) sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)pack_lane(v, n + i, r0, r1, to + i, PANEL));
    else
      for (int64_t k = 0; k < groups_of(r1 - r0); k++) to[k * PANEL + i] = 0;
  }
}

#endif
