// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DType} from "./DType.sol";
import {Tree} from "./Tree.sol";

/// @title The description that stands in a tensor's commitment
/// @notice 25 bytes, big-endian, here as one number:
///
/// bit  200     192     128      64             32           0
///      │ dtype │ count │  rows  │  groupStart  │  groupEnd  │
///
/// A tensor in a row group of two or more nodes is *grouped*: each of its rows is a tree of its own, a cell, and the cells
/// of the group are one list, row by row and in a row by node, in the place of the group's last node (docs/program.md, "Trees").
library TensorDescription {
    /// @dev Most nodes of a row group.
    uint256 internal constant MAX_MEMBERS = 256;
    /// @dev Most rows of a row group of two or more.
    uint256 internal constant MAX_GROUP_ROWS = 1 << 24;
    /// @dev Stands for the cells in the places of a group's nodes but the last, and for a cell that no node fills: Z_0.
    bytes32 internal constant NO_CELLS = 0x012893657d8eb2efad4de0a91bcd0e39ad9837745dec3ea923737ea803fc8e3d;

    /// @notice dtype of a description.
    function dtype(uint256 description) internal pure returns (uint256) {
        return description >> 192;
    }

    function count(uint256 description) internal pure returns (uint256) {
        return (description >> 128) & type(uint64).max;
    }

    function rows(uint256 description) internal pure returns (uint256) {
        return (description >> 64) & type(uint64).max;
    }

    function groupStart(uint256 description) internal pure returns (uint256) {
        return (description >> 32) & type(uint32).max;
    }

    function groupEnd(uint256 description) internal pure returns (uint256) {
        return description & type(uint32).max;
    }

    /// @notice Nodes of the row group.
    function members(uint256 description) internal pure returns (uint256) {
        unchecked {
            return groupEnd(description) - groupStart(description);
        }
    }

    /// @notice Whether the tensor is in a row group of two or more; a description with groupEnd below groupStart is not.
    function isGrouped(uint256 description) internal pure returns (bool) {
        return groupEnd(description) > groupStart(description) + 1;
    }

    /// @notice Elements of a row.
    function width(uint256 description) internal pure returns (uint256) {
        uint256 height = rows(description);
        return height == 0 ? 0 : count(description) / height;
    }

    /// @notice Levels of a row group's list of cells.
    function cellsDepth(uint256 description) internal pure returns (uint256) {
        return Tree.depthOf(rows(description)) + Tree.depthOf(members(description));
    }

    /// @notice Whether a row group is no larger than any can be.
    function canHaveCells(uint256 description) internal pure returns (bool) {
        return members(description) <= MAX_MEMBERS && rows(description) <= MAX_GROUP_ROWS;
    }

    /// @notice Whether two descriptions are of one row group.
    function isOneGroup(uint256 a, uint256 b) internal pure returns (bool) {
        // Rows, groupStart and groupEnd are the low 128 bits.
        return uint128(a) == uint128(b);
    }

    /// @notice Elements under one leaf, as a power of two's exponent.
    function leafElementsLog2(uint256 type_) internal pure returns (uint256 exponent) {
        uint256 bits = DType.bitsOf(type_);
        assembly ("memory-safe") {
            // 1024 / bits for bits = 4, 8, 16, 32, 64.
            exponent := sub(8, add(add(gt(bits, 4), gt(bits, 8)), add(gt(bits, 16), gt(bits, 32))))
        }
    }

    /// @notice Leaves of a tensor before padding, at least one.
    function leafCount(uint256 type_, uint256 elements) internal pure returns (uint256) {
        unchecked {
            return elements == 0 ? 1 : ((elements - 1) >> leafElementsLog2(type_)) + 1;
        }
    }

    /// @notice keccak256(0x02 ‖ description ‖ root).
    function commitment(uint256 description, bytes32 root) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, or(shl(248, 2), shl(48, description)))
            mstore(26, root)
            hash := keccak256(0, 58)
        }
    }
}
