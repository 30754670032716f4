// The kernels of one instruction set: compiled once per set, with ASSAY_KERNELS the table's name and ASSAY_NAME the set's.
#include "kernels.h"

#include "float.h"

#include "direct.h"
#include "integer.h"
#include "tree.h"

static int64_t packed_bytes(int32_t kind, int32_t side, int64_t depth, int64_t lanes) {
  const int64_t bytes =
      kind == KIND_INT32 ? packed_integer_bytes(side, depth, lanes) : packed_float_bytes(side, depth, lanes);
  return round_up(bytes, 64);
}

static void pack(uint8_t *memory, const struct contraction *c, int32_t side, int32_t batch, uint8_t *to) {
  if (c->kind == KIND_INT32) pack_integers(memory, c, side, batch, to);
  else pack_floats(memory, c, side, batch, to);
}

static int64_t scratch_bytes(const struct contraction *c) {
  if (c->kind == KIND_INT32) return integer_scratch(c);
  return may_be_direct(c) && c->factor[SIDE_COLUMNS].guards > 0 ? 0 : float_scratch(c);
}

static void contract(uint8_t *memory, const struct contraction *c, struct region region, uint8_t *scratch) {
  if (c->kind == KIND_INT32) contract_integer(memory, c, region, scratch);
  else if (is_direct(memory, c)) contract_direct(memory, c, region);
  else contract_float(memory, c, region, scratch);
}

const struct kernels ASSAY_KERNELS = {ASSAY_NAME,    LANES,    TILE_ROWS,   packed_bytes, pack,
                                      scratch_bytes, contract, hash_message, hash_tree,    hash_climb};
