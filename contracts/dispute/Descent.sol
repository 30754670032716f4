// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {List, Position} from "./Position.sol";

/// @title Descent
/// @notice The hashing of a descent: a group of descendants folded to the node above it, a path climbed from a node, and
/// the padding of every height.
library Descent {
    /// @notice keccak256 of 128 zero bytes: Z_0.
    bytes32 internal constant PADDING_LEAF = 0x012893657d8eb2efad4de0a91bcd0e39ad9837745dec3ea923737ea803fc8e3d;

    /// @notice The node above 2^n nodes of one height, left to right.
    /// @dev The caller has checked that the length is a power of two.
    function fold(bytes32[] calldata nodes) internal pure returns (bytes32 root) {
        assembly ("memory-safe") {
            let ptr := mload(0x40)
            let size := shl(5, nodes.length)
            calldatacopy(ptr, nodes.offset, size)
            for {} gt(size, 32) {} {
                size := shr(1, size)
                for {
                    let i := 0
                } lt(i, size) {
                    i := add(i, 32)
                } {
                    mstore(add(ptr, i), keccak256(add(ptr, shl(1, i)), 64))
                }
            }
            root := mload(ptr)
        }
    }

    /// @notice The node that lies path.length levels above a node.
    /// @param index The node's index among all nodes of its height under the result.
    /// @param path Siblings, lowest first.
    function climb(bytes32 node, uint256 index, bytes32[] calldata path) internal pure returns (bytes32 root) {
        root = node;
        assembly ("memory-safe") {
            let end := add(path.offset, shl(5, path.length))
            for {
                let ptr := path.offset
            } lt(ptr, end) {
                ptr := add(ptr, 32)
            } {
                let side := shl(5, and(index, 1))
                mstore(side, root)
                mstore(xor(side, 32), calldataload(ptr))
                root := keccak256(0, 64)
                index := shr(1, index)
            }
        }
    }

    /// @notice Z_height: the hash of a node over nothing but padding.
    function padding(uint256 height) internal pure returns (bytes32 node) {
        node = PADDING_LEAF;
        assembly ("memory-safe") {
            for {} height {
                height := sub(height, 1)
            } {
                mstore(0, node)
                mstore(32, node)
                node := keccak256(0, 64)
            }
        }
    }

    /// @notice Levels above `count` leaves: the least d with 2^d ≥ count.
    function depthOf(uint256 count) internal pure returns (uint256 depth) {
        while ((1 << depth) < count) ++depth;
    }
}
