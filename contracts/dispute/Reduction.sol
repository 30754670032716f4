// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Segment
/// @notice A run of steps of one element's reduction, [from, to), with the element it leads to. It is what a game stands
/// on once an element is pinned.
///
///      255      192 191   96 95       80 79       40 39        0
///     ┌────────────┬────────┬───────────┬───────────┬───────────┐
///     │ stored     │ 0      │ offset    │ from      │ to        │
///     └────────────┴────────┴───────────┴───────────┴───────────┘
///
/// `stored` is the element as committed: its little-endian bytes from the first byte on. `offset` is the element's place in
/// its block.
type Segment is bytes32;

using Reduction for Segment global;

/// @title Reduction
/// @notice The arithmetic of publishing accumulators. A segment is cut at equal spacing ceil(length / m), the last piece
/// may be shorter. A publication holds the accumulators at the inner cuts, one after the other; that of the whole
/// reduction also those after the last step.
library Reduction {
    /// @notice The publications do not lead to the segment.
    error Reduction_Publication(uint256 number);

    /// @notice The whole reduction of an element.
    function whole(bytes32 stored_, uint256 offset_, uint256 extent) internal pure returns (Segment) {
        return Segment.wrap(stored_ | bytes32((offset_ << 80) | extent));
    }

    /// @notice One piece of a segment, counted from 0. Piece `index` exists if index < pieces.
    function piece(Segment segment, uint256 index, uint256 most) internal pure returns (Segment) {
        uint256 spacing_ = spacing(segment.length(), most);
        uint256 from_ = segment.from() + index * spacing_;
        uint256 to_ = from_ + spacing_;
        if (to_ > segment.to()) to_ = segment.to();
        uint256 rest = (uint256(Segment.unwrap(segment)) >> 80) << 80;
        return Segment.wrap(bytes32(rest | (from_ << 40) | to_));
    }

    /// @notice The element as committed: little-endian bytes from the first byte on.
    function stored(Segment segment) internal pure returns (bytes32) {
        return bytes32(bytes8(Segment.unwrap(segment)));
    }

    function offset(Segment segment) internal pure returns (uint256) {
        return uint16(uint256(Segment.unwrap(segment)) >> 80);
    }

    function from(Segment segment) internal pure returns (uint256) {
        return uint40(uint256(Segment.unwrap(segment)) >> 40);
    }

    function to(Segment segment) internal pure returns (uint256) {
        return uint40(uint256(Segment.unwrap(segment)));
    }

    function length(Segment segment) internal pure returns (uint256) {
        return segment.to() - segment.from();
    }

    /// @notice The name of the segment within its claim.
    function key(Segment segment, uint256 place) internal pure returns (uint256) {
        return (place << 96) | (uint256(Segment.unwrap(segment)) & ((1 << 96) - 1));
    }

    /// @notice Steps between two cuts of a segment of this length.
    function spacing(uint256 length_, uint256 most) internal pure returns (uint256) {
        return (length_ + most - 1) / most;
    }

    /// @notice Pieces that a segment is cut into.
    function pieces(Segment segment, uint256 most) internal pure returns (uint256) {
        uint256 length_ = segment.length();
        uint256 spacing_ = spacing(length_, most);
        return (length_ + spacing_ - 1) / spacing_;
    }

    /// @notice Snapshots in the publication of a segment.
    function snapshots(Segment segment, uint256 most, uint256 extent) internal pure returns (uint256 count) {
        count = pieces(segment, most);
        if (segment.length() != extent) --count;
    }

    /// @notice Snapshot `index` of a publication: accumulators of `width` bytes, from the first byte on.
    function read(bytes calldata publication, uint256 index, uint256 width) internal pure returns (bytes32) {
        uint256 start = index * width;
        bytes32 mask = bytes32(~uint256(0) << (8 * (32 - width)));
        bytes32 word;
        assembly ("memory-safe") {
            word := calldataload(add(publication.offset, start))
        }
        return word & mask;
    }

    /// @notice Follows published snapshots from the whole reduction to the piece that begins at `target`.
    /// @param segment The whole reduction.
    /// @param published Hashes of publications, by segment key.
    /// @param publications From that of the whole reduction to the one that the piece belongs to.
    /// @return found The piece.
    /// @return before Accumulators before its first step; nothing if that is step 0.
    /// @return after_ Accumulators after its last step.
    function follow(
        Segment segment,
        mapping(uint256 key => bytes32 hash) storage published,
        uint256 place,
        uint256 most,
        uint256 width,
        bytes[] calldata publications,
        uint256 target
    ) internal view returns (Segment found, bytes32 before, bytes32 after_) {
        found = segment;
        for (uint256 i = 0; i < publications.length; ++i) {
            bytes calldata publication = publications[i];
            // INVARIANT: accumulators are those that the provider committed to for this element and segment.
            if (keccak256(publication) != published[found.key(place)]) revert Reduction_Publication(i);
            uint256 index = (target - found.from()) / spacing(found.length(), most);
            if (index > 0) before = read(publication, index - 1, width);
            if (index * width < publication.length) after_ = read(publication, index, width);
            found = found.piece(index, most);
        }
    }

    /// @notice The accumulators after the last step of the whole reduction.
    /// @param segment The whole reduction.
    /// @param publications That of the whole reduction alone.
    function last(
        Segment segment,
        mapping(uint256 key => bytes32 hash) storage published,
        uint256 place,
        uint256 width,
        bytes[] calldata publications
    ) internal view returns (bytes32) {
        bytes calldata publication = publications[0];
        // INVARIANT: accumulators are those that the provider committed to for this element.
        if (keccak256(publication) != published[segment.key(place)]) revert Reduction_Publication(0);
        return read(publication, publication.length / width - 1, width);
    }
}
