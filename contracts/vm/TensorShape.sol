// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DType} from "./DType.sol";
import {TensorDescription} from "./TensorDescription.sol";

/// @notice All that the chain needs to know of a tensor before its root: what its record means for one claim and call.
///
/// bit  0       8          48         88           120        152        192                    224   256
///      │ dtype │  count   │   rows   │ groupStart │ groupEnd │  extent  │ accumulator types 0-3 │  0  │
///
/// The accumulator types are a byte each, the first lowest, 0 where there is none. A map has none, and extent 0.
type TensorShape is uint256;

using TensorShapes for TensorShape global;

/// @title Reading and making a TensorShape
library TensorShapes {
    /// @dev Greatest dimension, count and extent.
    uint256 internal constant MAX_COUNT = 1 << 36;

    uint256 private constant MASK_32 = type(uint32).max;
    uint256 private constant MASK_40 = type(uint40).max;

    /// @notice The shape of a map; `withReduction` makes it one of a reduction.
    function make(
        uint256 type_,
        uint256 elements,
        uint256 rows_,
        uint256 start,
        uint256 end
    ) internal pure returns (TensorShape) {
        return TensorShape.wrap(type_ | (elements << 8) | (rows_ << 48) | (start << 88) | (end << 120));
    }

    /// @notice The same shape with an extent and accumulator types, packed as drawn above.
    function withReduction(TensorShape shape, uint256 steps, uint256 types) internal pure returns (TensorShape) {
        return TensorShape.wrap(TensorShape.unwrap(shape) | (steps << 152) | (types << 192));
    }

    function dtype(TensorShape shape) internal pure returns (uint256) {
        return TensorShape.unwrap(shape) & 0xff;
    }

    /// @notice Number of elements, at most 2^36.
    function count(TensorShape shape) internal pure returns (uint256) {
        return (TensorShape.unwrap(shape) >> 8) & MASK_40;
    }

    /// @notice Leading dimension; 1 for rank 0.
    function rows(TensorShape shape) internal pure returns (uint256) {
        return (TensorShape.unwrap(shape) >> 48) & MASK_40;
    }

    function groupStart(TensorShape shape) internal pure returns (uint256) {
        return (TensorShape.unwrap(shape) >> 88) & MASK_32;
    }

    function groupEnd(TensorShape shape) internal pure returns (uint256) {
        return (TensorShape.unwrap(shape) >> 120) & MASK_32;
    }

    /// @notice Whether the tensor is in a row group of two or more (TensorDescription).
    function isGrouped(TensorShape shape) internal pure returns (bool) {
        return shape.groupEnd() > shape.groupStart() + 1;
    }

    /// @notice Elements under one tree: of a row where the tensor is grouped, else of the tensor.
    function width(TensorShape shape) internal pure returns (uint256) {
        uint256 elements = count(shape);
        if (!isGrouped(shape)) return elements;
        uint256 height = rows(shape);
        return height == 0 ? 0 : elements / height;
    }

    /// @notice Number of steps of a reduction, at most 2^36.
    function extent(TensorShape shape) internal pure returns (uint256) {
        return (TensorShape.unwrap(shape) >> 152) & MASK_40;
    }

    /// @notice Type of accumulator i; 0 if there is none.
    function accumulator(TensorShape shape, uint256 i) internal pure returns (uint256) {
        return i < 4 ? (TensorShape.unwrap(shape) >> (192 + 8 * i)) & 0xff : 0;
    }

    /// @notice A reduction has at least one accumulator, a map none.
    function isReduction(TensorShape shape) internal pure returns (bool) {
        return TensorShape.unwrap(shape) >> 192 != 0;
    }

    /// @notice Bytes of a snapshot, at most 32.
    function snapshotBytes(TensorShape shape) internal pure returns (uint256 length) {
        for (uint256 types = TensorShape.unwrap(shape) >> 192; types != 0; types >>= 8) {
            length += DType.bytesOf(types & 0xff);
        }
    }

    /// @notice Elements under one leaf of 128 bytes, as a power of two's exponent: 4 for 64-bit types to 8 for 4-bit types.
    function leafElementsLog2(TensorShape shape) internal pure returns (uint256) {
        return TensorDescription.leafElementsLog2(dtype(shape));
    }

    /// @notice Leaves of a tree of the tensor (`width`) before padding, at least one.
    function leafCount(TensorShape shape) internal pure returns (uint256) {
        return TensorDescription.leafCount(dtype(shape), width(shape));
    }

    /// @notice The tensor's commitment in its call's list.
    function commitment(TensorShape shape, bytes32 root) internal pure returns (bytes32) {
        return TensorDescription.commitment(describe(shape), root);
    }

    /// @notice The 25-byte description, as its number.
    function describe(TensorShape shape) internal pure returns (uint256) {
        return
            (dtype(shape) << 192) |
            (count(shape) << 128) |
            (rows(shape) << 64) |
            (groupStart(shape) << 32) |
            groupEnd(shape);
    }
}
