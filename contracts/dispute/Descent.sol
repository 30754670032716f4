// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tree} from "../vm/Tree.sol";

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

    /// @notice The node above 2^n leaves of 128 bytes, left to right.
    /// @dev The caller has checked that the length is 128 times a power of two.
    function foldLeaves(bytes calldata leaves) internal pure returns (bytes32 root) {
        assembly ("memory-safe") {
            let ptr := mload(0x40)
            calldatacopy(ptr, leaves.offset, leaves.length)
            let size := shr(2, leaves.length)
            for {
                let i := 0
            } lt(i, size) {
                i := add(i, 32)
            } {
                mstore(add(ptr, i), keccak256(add(ptr, shl(2, i)), 128))
            }
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
    function climb(bytes32 node, uint256 index, bytes32[] calldata path) internal pure returns (bytes32) {
        uint256 start;
        assembly ("memory-safe") {
            start := path.offset
        }
        return Tree.climb(node, index, start, path.length);
    }

    /// @notice Levels that are opened at once below a node: a list is cut into as few groups as the arity allows, and those
    /// are as equal as they can be.
    /// @param height Levels from the node to the items of its list.
    /// @param most log2 of the arity.
    function group(uint256 height, uint256 most) internal pure returns (uint256) {
        if (height <= most) return height;
        uint256 groups = (height + most - 1) / most;
        return (height + groups - 1) / groups;
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
}
