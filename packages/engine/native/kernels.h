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
  // keccak256 of a message of at most 135 bytes, and of trees: see tree.h.
  void (*hash_message)(const uint8_t *message, int64_t length, uint8_t *to);
  void (*hash_tree)(const uint8_t *bytes, int64_t length, int32_t low, int32_t level, const uint8_t *zeros, uint8_t *to);
  void (*hash_climb)(const uint8_t *nodes, int64_t count, int32_t from, int32_t level, const uint8_t *zeros, uint8_t *to);
};

#endif
