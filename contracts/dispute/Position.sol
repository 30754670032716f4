// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Position
/// @notice Where a game stands in the trace: the list it descends and the path taken so far.
///
///      95  93 92     87 86      64 63      40 39        0
///     ┌──────┬─────────┬──────────┬──────────┬───────────┐
///     │ list │ height  │ call     │ node     │ block     │
///     └──────┴─────────┴──────────┴──────────┴───────────┘
///
/// A tensor's leaves are taken in *blocks* of 8, or all at once where there are fewer: a block is opened by its bytes.
/// `height` counts levels left above the list's items: calls, tensors, cells, blocks. The field of the list being descended
/// holds the bits of the path chosen so far; it is complete at height 0. Fields of lists not yet reached are 0. Cells of a row
/// group are counted in `block`, while `node` is the group's last; in a cell, `node` is the cell's own, and its row stands above
/// the bits of its blocks.
type Position is uint96;

using PositionLib for Position global;

/// A list of the trace, and what the pinned node is in it.
enum List {
    /// A node of the list of calls.
    Calls,
    /// A node of a call's list of tensors.
    Nodes,
    /// A tensor commitment, whose tree is still hidden behind its hash. Height is that of the tree above its blocks.
    Tensor,
    /// The commitment of a row group's last tensor, whose cells are still hidden behind its hash. Height is that of their list.
    Group,
    /// A node of the list of a row group's cells.
    Cells,
    /// A node of a tensor's tree, or of a cell.
    Blocks
}

library PositionLib {
    uint256 private constant LIST = 93;
    uint256 private constant HEIGHT = 87;
    uint256 private constant CALL = 64;
    uint256 private constant NODE = 40;

    function pack(
        List list_,
        uint256 height_,
        uint256 call_,
        uint256 node_,
        uint256 block_
    ) internal pure returns (Position) {
        return
            Position.wrap(
                uint96((uint256(list_) << LIST) | (height_ << HEIGHT) | (call_ << CALL) | (node_ << NODE) | block_)
            );
    }

    function list(Position position) internal pure returns (List) {
        return List(Position.unwrap(position) >> LIST);
    }

    function height(Position position) internal pure returns (uint256) {
        return (Position.unwrap(position) >> HEIGHT) & 0x3f;
    }

    function call(Position position) internal pure returns (uint256) {
        return (Position.unwrap(position) >> CALL) & 0x7fffff;
    }

    function node(Position position) internal pure returns (uint256) {
        return (Position.unwrap(position) >> NODE) & 0xffffff;
    }

    function blockOf(Position position) internal pure returns (uint256) {
        return Position.unwrap(position) & 0xffffffffff;
    }

    /// @notice The bits chosen so far in the list being descended.
    function field(Position position) internal pure returns (uint256) {
        List list_ = list(position);
        if (list_ == List.Calls) return call(position);
        return list_ == List.Nodes ? node(position) : blockOf(position);
    }

    /// @notice Call, node and block alone: the name of a block of the trace, once the height is 0 in a tensor.
    function place(Position position) internal pure returns (uint256) {
        return Position.unwrap(position) & ((1 << HEIGHT) - 1);
    }
}
