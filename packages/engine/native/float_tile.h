// Register tiles of floats: a fused multiply-add per element.
#ifndef ASSAY_FLOAT_TILE_H
#define ASSAY_FLOAT_TILE_H

#include "tile_common.h"

#define TILE floats
#define NUMBER float
#define VECTOR vf
#define MULTIPLY_ADD(sum, row, column) vf_fma(row, column, sum)
#include "tile.h"
#undef TILE
#undef NUMBER
#undef VECTOR
#undef MULTIPLY_ADD

#endif
