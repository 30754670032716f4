// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TensorShape} from "../vm/TensorShape.sol";
import {Tree} from "../vm/Tree.sol";
import {Descent} from "./Descent.sol";
import {Reduction} from "./Reduction.sol";

/// @title Block
/// @notice The smallest part of a tensor that a game opens: 8 leaves, or all where the tensor has fewer. Eight leaves are as
/// many bytes as the hashes of 32 children, and opening them saves a pick and an opening. An element's *offset* is its
/// place in its block.
library Block {
    /// @notice log2 of the leaves of a block.
    uint256 internal constant LOG2 = 3;

    /// @notice Bytes of a leaf.
    uint256 internal constant LEAF_BYTES = 128;

    /// @notice Levels inside a tree's blocks.
    function inner(TensorShape shape) internal pure returns (uint256 levels) {
        levels = depth(shape);
        if (levels > LOG2) levels = LOG2;
    }

    /// @notice Levels above a tree's blocks.
    function height(TensorShape shape) internal pure returns (uint256 levels) {
        levels = depth(shape);
        levels = levels > LOG2 ? levels - LOG2 : 0;
    }

    /// @notice Levels of the tensor's tree, or of a cell.
    function depth(TensorShape shape) internal pure returns (uint256) {
        return Tree.depthOf(shape.leafCount());
    }

    /// @notice A block's place in its tree: a grouped tensor has one for each row, side by side.
    /// @param block_ Of all blocks of the tensor, or the first below a node.
    function inTree(TensorShape shape, uint256 block_) internal pure returns (uint256) {
        return block_ & ((1 << height(shape)) - 1);
    }

    /// @notice Blocks of a tree, padding aside.
    function count(TensorShape shape) internal pure returns (uint256) {
        return (shape.leafCount() + (1 << LOG2) - 1) >> LOG2;
    }

    /// @notice Elements of one block.
    function elements(TensorShape shape) internal pure returns (uint256) {
        return 1 << (shape.leafElementsLog2() + inner(shape));
    }

    /// @notice Row-major index of the element at an offset of a block; at or above the tensor's count where that is padding.
    function element(TensorShape shape, uint256 block_, uint256 offset) internal pure returns (uint256) {
        uint256 column = (inTree(shape, block_) << (shape.leafElementsLog2() + LOG2)) | offset;
        if (!shape.isGrouped()) return column;
        uint256 width = shape.width();
        return column < width ? (block_ >> height(shape)) * width + column : shape.count();
    }

    /// @notice Leaf of the block that holds an offset.
    function leaf(TensorShape shape, uint256 offset) internal pure returns (uint256) {
        return offset >> shape.leafElementsLog2();
    }

    /// @notice The element at an offset as committed: its little-endian bytes from the first byte on; a 4-bit element is
    /// one byte.
    /// @param bytes_ The 128 bytes of the leaf that holds it.
    function stored(TensorShape shape, bytes calldata bytes_, uint256 offset) internal pure returns (bytes32) {
        uint256 log2 = shape.leafElementsLog2();
        offset &= (1 << log2) - 1;
        if (log2 < 8) return Reduction.read(bytes_, offset, LEAF_BYTES >> log2);
        uint8 pair = uint8(bytes_[offset >> 1]);
        return bytes32(bytes1(offset & 1 == 0 ? pair & 15 : pair >> 4));
    }

    /// @notice The root of a block from one of its leaves.
    /// @param path Siblings from the leaf up to the block, lowest first.
    function rootOf(
        TensorShape shape,
        bytes calldata bytes_,
        uint256 offset,
        bytes32[] calldata path
    ) internal pure returns (bytes32) {
        return Descent.climb(keccak256(bytes_), leaf(shape, offset), path);
    }
}
