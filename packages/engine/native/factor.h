// Where a factor's elements are, and which of them exist.
#ifndef ASSAY_FACTOR_H
#define ASSAY_FACTOR_H

#include "contraction.h"

// A factor of one batch, not packed.
struct view {
  const struct factor *factor;
  const uint8_t *memory;
  int side;
  int64_t batch;
  const int32_t *lane, *depth;
};

static inline struct view view_of(const uint8_t *memory, const struct contraction *c, int side, int32_t b) {
  const struct factor *f = &c->factor[side];
  return (struct view){f, memory, side, table(memory, f->batch)[b], table(memory, f->lane), table(memory, f->depth)};
}

static inline const float *floats_of(struct view v) {
  return (const float *)(v.memory + v.factor->address) + v.batch;
}
static inline const uint8_t *bytes_of(struct view v) { return v.memory + v.factor->address + v.batch; }

// Offset of element (lane i, r) from the batch's first.
static inline int64_t offset_of(struct view v, int64_t i, int64_t r) {
  if (v.factor->mode == MODE_GATHERED) return (int64_t)v.lane[i] + v.depth[r];
  if (v.side == SIDE_ROWS) return v.lane[i] + r * v.factor->stride;
  return v.lane[0] + i + v.depth[r];
}

// Guards of a factor: none unless it is gathered.
static inline uint32_t guards_of(struct view v) {
  return v.factor->mode == MODE_GATHERED ? v.factor->guards : 0;
}

static inline int exists(struct view v, int64_t i, int64_t r) {
  for (uint32_t g = 0; g < guards_of(v); g++) {
    const struct guard *guard = &v.factor->guard[g];
    const uint32_t lane = (uint32_t)table(v.memory, guard->lane)[i];
    if (lane + (uint32_t)table(v.memory, guard->depth)[r] >= guard->size) return 0;
  }
  return 1;
}

// Zero point of lane i.
static inline int32_t zero_of(struct view v, int64_t i) {
  const struct factor *f = v.factor;
  if (f->zero == 0) return 0;
  const int32_t at = f->zero_lane == 0 ? 0 : table(v.memory, f->zero_lane)[i];
  const uint8_t byte = v.memory[f->zero + (int64_t)at];
  return f->dtype == FACTOR_INT8 ? (int8_t)byte : byte;
}

// An integer element that exists, the zero point not taken off.
static inline int32_t integer_at(struct view v, int64_t i, int64_t r) {
  const uint8_t byte = bytes_of(v)[offset_of(v, i, r)];
  return v.factor->dtype == FACTOR_INT8 ? (int8_t)byte : byte;
}

// Whether lanes [from, to) of a STRIDED row factor are a fixed distance apart.
static inline int evenly_spaced(const int32_t *lane, int64_t from, int64_t to) {
  if (to - from < 3) return 1;
  const int32_t step = lane[from + 1] - lane[from];
  int32_t odd = 0;
  for (int64_t i = from + 2; i < to; i++) odd |= (lane[i] - lane[i - 1]) ^ step;
  return odd == 0;
}

// Whether a row factor's elements over r all exist and are consecutive, and where row i then starts.
static inline int consecutive_rows(struct view v, int64_t depth) {
  if (v.factor->mode == MODE_STRIDED) return v.factor->stride == 1;
  return guards_of(v) == 0 && (depth < 2 || v.depth[1] == v.depth[0] + 1) && evenly_spaced(v.depth, 0, depth);
}
static inline int64_t row_start(struct view v, int64_t i) {
  return v.factor->mode == MODE_STRIDED ? v.lane[i] : (int64_t)v.lane[i] + v.depth[0];
}

static inline float float_at(struct view v, int64_t i, int64_t r) {
  return exists(v, i, r) ? floats_of(v)[offset_of(v, i, r)] : 0.0f;
}

#endif
