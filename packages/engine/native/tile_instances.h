// The tiles there are: every number of rows up to TILE_ROWS with one and two vectors of columns, and fewer rows with more
// vectors, so that few rows still keep enough sums in flight. Included by tile.h only.
INSTANCE(1, 1) INSTANCE(1, 2) INSTANCE(1, 4) INSTANCE(1, 8)
INSTANCE(2, 1) INSTANCE(2, 2) INSTANCE(2, 4)
INSTANCE(3, 1) INSTANCE(3, 2)
INSTANCE(4, 1) INSTANCE(4, 2)
#if TILE_ROWS_8 >= 3
INSTANCE(2, 8) INSTANCE(3, 8)
#endif
#if TILE_ROWS_4 >= 6
INSTANCE(3, 4) INSTANCE(4, 4) INSTANCE(5, 4) INSTANCE(6, 4)
#endif
#if TILE_ROWS >= 6
INSTANCE(5, 1) INSTANCE(5, 2) INSTANCE(6, 1) INSTANCE(6, 2)
#endif
#if TILE_ROWS >= 12
INSTANCE(7, 1) INSTANCE(7, 2) INSTANCE(8, 1) INSTANCE(8, 2) INSTANCE(9, 1) INSTANCE(9, 2)
INSTANCE(10, 1) INSTANCE(10, 2) INSTANCE(11, 1) INSTANCE(11, 2) INSTANCE(12, 1) INSTANCE(12, 2)
#endif
#if TILE_ROWS >= 14
INSTANCE(13, 1) INSTANCE(13, 2) INSTANCE(14, 1) INSTANCE(14, 2)
#endif

static T(_function) *const T(_tiles)[15][4][3] = {
    [1] = {NAMES(1, 1), NAMES(1, 2), NAMES(1, 4), NAMES(1, 8)},
#if TILE_ROWS_8 >= 3
    [2] = {NAMES(2, 1), NAMES(2, 2), NAMES(2, 4), NAMES(2, 8)},
    [3] = {NAMES(3, 1), NAMES(3, 2), NAMES(3, 4), NAMES(3, 8)},
#else
    [2] = {NAMES(2, 1), NAMES(2, 2), NAMES(2, 4)},
    [3] = {NAMES(3, 1), NAMES(3, 2)},
#endif
#if TILE_ROWS_4 >= 6
    [4] = {NAMES(4, 1), NAMES(4, 2), NAMES(4, 4)},
    [5] = {NAMES(5, 1), NAMES(5, 2), NAMES(5, 4)},
    [6] = {NAMES(6, 1), NAMES(6, 2), NAMES(6, 4)},
#else
    [4] = {NAMES(4, 1), NAMES(4, 2)},
#if TILE_ROWS >= 6
    [5] = {NAMES(5, 1), NAMES(5, 2)},
    [6] = {NAMES(6, 1), NAMES(6, 2)},
#endif
#endif
#if TILE_ROWS >= 12
    [7] = {NAMES(7, 1), NAMES(7, 2)},
    [8] = {NAMES(8, 1), NAMES(8, 2)},
    [9] = {NAMES(9, 1), NAMES(9, 2)},
    [10] = {NAMES(10, 1), NAMES(10, 2)},
    [11] = {NAMES(11, 1), NAMES(11, 2)},
    [12] = {NAMES(12, 1), NAMES(12, 2)},
#endif
#if TILE_ROWS >= 14
    [13] = {NAMES(13, 1), NAMES(13, 2)},
    [14] = {NAMES(14, 1), NAMES(14, 2)},
#endif
};
