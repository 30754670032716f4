// Trees over bytes (DESIGN §5): leaves of 128 bytes, the last of them padded with zeros, and the nodes above.
//
// HASHES subtrees are hashed side by side, one in each lane. What a level leaves in the lanes, two hashes
// by two, is the level above's messages as it stands: only leaves are turned from bytes into lanes, and all of it lies in
// the first-level cache. What does not fill the lanes so is hashed level by level, a level's nodes in the lanes.
#include "keccak.h"

enum {
  LEAF_BYTES = 8 * LEAF_WORDS,
  HASH_BYTES = 8 * HASH_WORDS,
  // Levels of a subtree above its leaves, its leaves, and those of all subtrees side by side.
  SIDE_LEVEL = 5,
  SIDE_LEAVES = 1 << SIDE_LEVEL,
  SIDES_LEAVES = HASHES * SIDE_LEAVES,
  MOST_LEVELS = 64
};

// Where the hashes of each level go that is kept, `low` and those above it: one after the other.
struct levels {
  int32_t low;
  uint8_t *at[MOST_LEVELS];
};

// Nodes at `level` above `leaves` leaves.
INLINE int64_t nodes_at(int64_t leaves, int level) { return (leaves + ((int64_t)1 << level) - 1) >> level; }

// Hashes of a level from the `count` below it, an odd last one paired with the padding `zero`; `to` may be `nodes`.
static void level_up(const uint8_t *nodes, int64_t count, const uint8_t *zero, uint8_t *to) {
  uint8_t padded[2 * HASHES * HASH_BYTES];
  for (; count > 0; count -= 2 * HASHES, nodes += 2 * HASHES * HASH_BYTES) {
    const uint8_t *pairs = nodes;
    if (count < 2 * HASHES) {
      memcpy(padded, nodes, count * HASH_BYTES);
      memcpy(padded + count * HASH_BYTES, zero, HASH_BYTES);
      pairs = padded;
    }
    vk hashes[2 * HASH_WORDS];
    absorb(hashes, pairs, 2 * HASH_BYTES, 0);
    hash_nodes(hashes, hashes);
    for (int i = 0; i < HASHES && 2 * i < count; i++, to += HASH_BYTES) put_hash(hashes, i, to);
  }
}

// The levels above `count` hashes at level `from`, up to `level`: one after the other. `zeros` are the hashes of padding
// by level, from the leaves' on.
static void hash_climb(const uint8_t *nodes, int64_t count, int32_t from, int32_t level, const uint8_t *zeros,
                       uint8_t *to) {
  for (; from < level; from++) {
    level_up(nodes, count, zeros + from * HASH_BYTES, to);
    nodes = to;
    count = nodes_at(count, 1);
    to += count * HASH_BYTES;
  }
}

// HASHES subtrees of whole leaves; `first` leaves lie before them.
static void side_by_side(const uint8_t *bytes, int64_t first, const struct levels *kept) {
  vk hashes[SIDE_LEAVES * HASH_WORDS];
  for (int level = 0; level <= SIDE_LEVEL; level++) {
    const int count = SIDE_LEAVES >> level;
    for (int i = 0; i < count; i++) {
      vk *node = hashes + i * HASH_WORDS;
      if (level == 0) hash_leaves(bytes + i * LEAF_BYTES, SIDE_LEAVES * LEAF_BYTES, node);
      else hash_nodes(hashes + 2 * i * HASH_WORDS, node);
      if (level >= kept->low)
        for (int lane = 0; lane < HASHES; lane++)
          put_hash(node, lane, kept->at[level] + ((first >> level) + lane * count + i) * HASH_BYTES);
    }
  }
}

// Fewer leaves than are hashed side by side, and the levels above them up to `level`; `first` leaves lie before them.
static void level_by_level(const uint8_t *bytes, int64_t length, int64_t first, int32_t level, const uint8_t *zeros,
                           const struct levels *kept) {
  uint8_t scratch[SIDES_LEAVES * HASH_BYTES], padded[HASHES * LEAF_BYTES] = {0};
  uint8_t *nodes = kept->low == 0 ? kept->at[0] + first * HASH_BYTES : scratch;
  int64_t count = 0;
  for (; length > 0; length -= sizeof padded, bytes += sizeof padded) {
    const uint8_t *leaves = bytes;
    if (length < (int64_t)sizeof padded) leaves = memcpy(padded, bytes, length);
    vk hashes[HASH_WORDS];
    hash_leaves(leaves, LEAF_BYTES, hashes);
    for (int i = 0; i < HASHES && i * LEAF_BYTES < length; i++) put_hash(hashes, i, nodes + count++ * HASH_BYTES);
  }
  for (int up = 1; up <= level; up++) {
    uint8_t *above = up < kept->low ? scratch : kept->at[up] + (first >> up) * HASH_BYTES;
    level_up(nodes, count, zeros + (up - 1) * HASH_BYTES, above);
    nodes = above;
    count = nodes_at(count, 1);
  }
}

// The levels from `low` up to `level` of the tree over `length` bytes, at least one and at most 128 * 2^level: the hashes
// of each that any of the bytes lie under, one level after the other. `low` is at most SIDE_LEVEL and at most `level`.
static void hash_tree(const uint8_t *bytes, int64_t length, int32_t low, int32_t level, const uint8_t *zeros,
                      uint8_t *to) {
  const int64_t leaves = (length + LEAF_BYTES - 1) / LEAF_BYTES;
  struct levels kept = {low, {0}};
  for (int i = low; i <= level; i++) {
    kept.at[i] = to;
    to += nodes_at(leaves, i) * HASH_BYTES;
  }
  int64_t first = 0;
  for (; (first + SIDES_LEAVES) * LEAF_BYTES <= length; first += SIDES_LEAVES)
    side_by_side(bytes + first * LEAF_BYTES, first, &kept);
  const int side = level < SIDE_LEVEL ? level : SIDE_LEVEL;
  if (first < leaves)
    level_by_level(bytes + first * LEAF_BYTES, length - first * LEAF_BYTES, first, side, zeros, &kept);
  if (level > side)
    hash_climb(kept.at[side], nodes_at(leaves, side), side, level, zeros, kept.at[side + 1]);
}
