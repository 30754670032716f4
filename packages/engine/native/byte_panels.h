// Panels of columns of bytes whose elements are mostly neighbours in memory: packed by their runs.
#ifndef ASSAY_BYTE_PANELS_H
#define ASSAY_BYTE_PANELS_H

#include "integer_groups.h"

// A number as a group holds it; a panel's.
#if DOT_BYTES
typedef uint8_t part;
#else
typedef int16_t part;
#endif
typedef part parts __attribute__((vector_size(PANEL * sizeof(part))));
typedef uint8_t bytes __attribute__((vector_size(PANEL)));

// A panel's columns where they are mostly neighbours in memory, or every other one: the runs of such, from which column on and
// at which offset, and which columns exist by r modulo a period.
enum { MAX_BYTE_RUNS = 8 };
struct byte_panel {
  // 0: they are not such.
  int runs;
  // 1 for neighbours, 2 for every other one.
  int64_t step;
  int64_t start[MAX_BYTE_RUNS + 1], offset[MAX_BYTE_RUNS];
  // All ones in the columns of a run.
  uint8_t run[MAX_BYTE_RUNS][PANEL];
  int64_t period;
  // All ones where a column exists; the runs, as bits, of which any does.
  part there[MAX_PERIOD][PANEL];
  uint8_t any[MAX_PERIOD];
  // What is turned over in an element, what is taken off, and what stands for an element that does not exist.
  int32_t turned, off, absent;
};

// The runs of columns [n, n + count), `step` elements from one to the next; 0 where there are more than MAX_BYTE_RUNS.
static int byte_runs(struct byte_panel *p, struct view v, int64_t n, int64_t count, int64_t step) {
  int runs = 0;
  for (int64_t i = 0; i < count; i++) {
    const int64_t offset = offset_of(v, n + i, 0) - v.depth[0];
    if (runs > 0 && p->offset[runs - 1] + (i - p->start[runs - 1]) * step == offset) continue;
    if (runs == MAX_BYTE_RUNS) return 0;
    p->start[runs] = i;
    p->offset[runs++] = offset;
  }
  p->start[runs] = count;
  p->step = step;
  return runs;
}

// Describes columns [n, n + count); such panels have one zero point.
static void plan_byte_panel(struct byte_panel *p, struct view v, const struct guards *guards, int64_t n, int64_t count) {
  p->runs = 0;
  if (v.factor->mode == MODE_PACKED || v.factor->zero_lane != 0 || (guards->count > 0 && guards->period == 0)) return;
  p->runs = byte_runs(p, v, n, count, 1);
  if (p->runs == 0) p->runs = byte_runs(p, v, n, count, 2);
  if (p->runs == 0) return;
  for (int k = 0; k < p->runs; k++)
    for (int64_t i = 0; i < PANEL; i++) p->run[k][i] = i >= p->start[k] && i < p->start[k + 1] ? 0xff : 0;
  const int32_t zero = zero_of(v, n);
  p->turned = DOT_BYTES && v.factor->dtype != FACTOR_INT8 ? 0x80 : 0;
  p->off = DOT_BYTES ? 0 : zero;
  p->absent = DOT_BYTES ? (zero ^ p->turned) & 0xff : 0;
  p->period = guards->count == 0 ? 1 : guards->period;
  uint32_t lane[MAX_GUARDS][PANEL] = {{0}};
  for (uint32_t k = 0; k < guards->count; k++)
    memcpy(lane[k], table(v.memory, v.factor->guard[k].lane) + n, (size_t)count * sizeof(uint32_t));
  for (int64_t r = 0; r < p->period; r++) {
    uint8_t there[PANEL];
    for (int i = 0; i < PANEL; i++) there[i] = i < count ? 0xff : 0;
    for (uint32_t k = 0; k < guards->count; k++) {
      const uint32_t size = v.factor->guard[k].size, depth = (uint32_t)guards->depth[k][r];
      for (int i = 0; i < PANEL; i++) there[i] &= lane[k][i] + depth < size ? 0xff : 0;
    }
    for (int i = 0; i < PANEL; i++) p->there[r][i] = (part)(int8_t)there[i];
    p->any[r] = 0;
    for (int k = 0; k < p->runs; k++) {
      uint8_t any = 0;
      for (int i = 0; i < PANEL; i++) any |= there[i] & p->run[k][i];
      p->any[r] |= (uint8_t)((any != 0) << k);
    }
  }
}

// A panel of bytes from the place on that its first column would have in a run, and of which column `last` is the run's last: a
// panel's length around a tensor may be read.
INLINE bytes read_run(const uint8_t *from, int64_t step, int64_t last) {
  bytes x = {0};
  if (step == 1) {
    memcpy(&x, from, sizeof x);
    return x;
  }
  // The lower bytes of pairs. Those behind the last column's half are left.
  uint16_t pairs __attribute__((vector_size(2 * PANEL))) = {0};
  if (2 * last >= PANEL) memcpy(&pairs, from, 2 * PANEL);
  else memcpy(&pairs, from, PANEL);
  return __builtin_convertvector(pairs, bytes);
}

// The panel's elements at r, from `runs` runs. Of a run of which no element exists none is read.
INLINE parts read_bytes(const struct byte_panel *p, struct view v, int64_t r, int64_t phase, const int runs, const int64_t step) {
  bytes raw = {0};
  const uint8_t *from = bytes_of(v) + v.depth[r];
  UNROLL for (int k = 0; k < runs; k++) {
    if ((p->any[phase] >> k & 1) == 0) continue;
    bytes run;
    memcpy(&run, p->run[k], sizeof run);
    raw |= read_run(from + p->offset[k] - p->start[k] * step, step, p->start[k + 1] - 1) & run;
  }
  parts there;
  memcpy(&there, p->there[phase], sizeof there);
#if DOT_BYTES
  return ((raw ^ (uint8_t)p->turned) & there) | ((uint8_t)p->absent & ~there);
#else
  typedef int8_t signed_bytes __attribute__((vector_size(PANEL)));
  const parts x = v.factor->dtype == FACTOR_INT8 ? __builtin_convertvector((signed_bytes)raw, parts)
                                                 : __builtin_convertvector(raw, parts);
  return (x - (part)p->off) & there;
#endif
}

INLINE void pack_runs(const struct byte_panel *p, struct view v, int64_t r0, int64_t r1, int32_t *to, const int runs,
                      const int64_t step) {
  int64_t phase = r0 % p->period;
  for (int64_t r = r0; r < r1; r += GROUP, to += PANEL) {
    part x[GROUP][PANEL];
    UNROLL for (int k = 0; k < GROUP; k++) {
      const parts one = r + k < r1 ? read_bytes(p, v, r + k, phase, runs, step) : (parts){0};
      memcpy(x[k], &one, sizeof one);
      phase = phase + 1 == p->period ? 0 : phase + 1;
    }
    for (int i = 0; i < PANEL; i++) {
      uint32_t group = 0;
      for (int k = 0; k < GROUP; k++) group |= (uint32_t)(DOT_BYTES ? (uint8_t)x[k][i] : (uint16_t)x[k][i]) << (32 / GROUP * k);
      to[i] = (int32_t)group;
    }
  }
}

// Groups of a panel's columns for r in [r0, r1), and their sums added to those of `sums`, PANEL of them.
static void pack_byte_panel(const struct byte_panel *p, struct view v, int64_t r0, int64_t r1, int32_t *to, int32_t *sums) {
  if (p->step == 1 && p->runs == 1) pack_runs(p, v, r0, r1, to, 1, 1);
  else if (p->step == 1 && p->runs == 2) pack_runs(p, v, r0, r1, to, 2, 1);
  else if (p->step == 2 && p->runs <= 2) pack_runs(p, v, r0, r1, to, 2, 2);
  else pack_runs(p, v, r0, r1, to, p->runs, p->step);
  // Read when all is written: a vector that has just been stored in parts is a long time in coming.
  const vi ones = vi_set1(DOT_BYTES ? 0x01010101 : 0x00010001);
  vi sum[PANEL / LANES];
  UNROLL for (int j = 0; j < PANEL / LANES; j++) sum[j] = vi_load(sums + j * LANES);
  for (int64_t k = 0; k < groups_of(r1 - r0); k++, to += PANEL)
    UNROLL for (int j = 0; j < PANEL / LANES; j++) sum[j] = vi_dot(sum[j], ones, vi_load(to + j * LANES));
  UNROLL for (int j = 0; j < PANEL / LANES; j++) vi_store(sums + j * LANES, sum[j]);
}

// Panels of columns [n0, n1).
static void plan_byte_panels(struct byte_panel *p, struct view v, const struct guards *guards, int64_t n0, int64_t n1) {
  for (int64_t n = n0; n < n1; n += PANEL) plan_byte_panel(p++, v, guards, n, least(n1 - n, PANEL));
}

// Columns [n0, n1), r in [r0, r1), in panels of `panel` numbers; adds their sums to `sums`.
static void pack_integer_columns(struct view v, const struct byte_panel *p, int64_t n0, int64_t n1, int64_t r0, int64_t r1,
                                 int32_t *to, int64_t panel, int32_t *sums) {
  for (int64_t n = n0; n < n1; n += PANEL, p++, to += panel, sums += PANEL) {
    const int64_t count = least(n1 - n, PANEL);
    if (p->runs == 0) {
      pack_lanes(v, n, count, r0, r1, to, sums);
      continue;
    }
    int32_t own[PANEL] = {0};
    pack_byte_panel(p, v, r0, r1, to, own);
    for (int64_t i = 0; i < count; i++) sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)own[i]);
  }
}

#endif
