// A contraction's words in the linear memory, as packages/engine/src/contraction.ts lays them out and defines them.
#ifndef ASSAY_CONTRACTION_H
#define ASSAY_CONTRACTION_H

#include <stdint.h>

enum { KIND_FLOAT32 = 0, KIND_INT32 = 1 };
enum { MODE_STRIDED = 0, MODE_PACKED = 1, MODE_GATHERED = 2, MODE_QUANTISED = 3 };
enum { FACTOR_FLOAT32 = 1, FACTOR_UINT8 = 2, FACTOR_INT8 = 3, FACTOR_UINT4 = 21 };
enum { SIDE_ROWS = 0, SIDE_COLUMNS = 1 };

// Indices of a block of a sum of floats.
enum { BLOCK = 512 };
enum { MAX_GUARDS = 3 };

struct guard {
  uint32_t lane, depth, size;
};

struct factor {
  uint32_t address, dtype, mode, batch, lane, depth;
  int32_t stride;
  uint32_t zero, zero_lane, guards;
  struct guard guard[MAX_GUARDS];
  uint32_t unused;
};

struct contraction {
  uint32_t kind;
  int32_t depth, rows, columns, batches;
  uint32_t blocked, out, out_batch, out_row, unused[3];
  struct factor factor[2];
};

// The part of a contraction that one call computes: batches [b0, b1), rows [m0, m1), columns [n0, n1).
struct region {
  int32_t b0, b1, m0, m1, n0, n1;
};

static inline const int32_t *table(const uint8_t *memory, uint32_t address) {
  return (const int32_t *)(memory + address);
}

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t greatest(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

// Elements from one row of `depth` elements to the next, `unit` to a cache line: whole lines, and an odd number of them, so
// that the rows of a tile fall into different sets of the cache.
static inline int64_t row_pitch(int64_t depth, int64_t unit) {
  int64_t lines = (depth + unit - 1) / unit;
  return (lines | 1) * unit;
}

#endif
