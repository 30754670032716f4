// Register tiles of integers: a number is a group of them in 32 bits, four bytes or two of 16 bits (vi_dot).
#ifndef ASSAY_INTEGER_TILE_H
#define ASSAY_INTEGER_TILE_H

#include "tile_common.h"

#define TILE integers
#define NUMBER int32_t
#define VECTOR vi
#define STARTS 1
#define MULTIPLY_ADD(sum, row, column) vi_dot(sum, row, column)
#include "tile.h"
#undef TILE
#undef NUMBER
#undef VECTOR
#undef STARTS
#undef MULTIPLY_ADD

#endif
