// One instruction set's kernels: what every object compiled from kernels.c offers to the library.
#ifndef ASSAY_KERNELS_H
#define ASSAY_KERNELS_H

#include "contraction.h"

struct kernels {
  const char *name;
  // Lanes of a vector of float32; rows of the largest register tile.
  int32_t lanes, rows;
  // Bytes of the packed form of one factor for one batch.
  int64_t (*packed_bytes)(int32_t kind, int32_t side, int64_t depth, int64_t lanes);
  void (*pack)(uint8_t *memory, const struct contraction *c, int32_t side, int32_t batch, uint8_t *to);
  int64_t (*scratch_bytes)(const struct contraction *c);
  void (*contract)(uint8_t *memory, const struct contraction *c, struct region region, uint8_t *scratch);
  // keccak256 of messages of 128 and of 64 bytes that follow one another: 32 bytes each.
  void (*hash_leaves)(const uint8_t *from, int64_t count, uint8_t *to);
  void (*hash_nodes)(const uint8_t *from, int64_t count, uint8_t *to);
};

#endif
