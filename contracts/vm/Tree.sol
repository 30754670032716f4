// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bits} from "./Bits.sol";

/// @title Merkle trees, the twin of `packages/vm/src/tree.ts`
/// @notice A tree has `count` leaves and is padded to a power of two. A tree of which several leaves are read is kept in
/// memory as the path read last, so that the next path stops where it meets it (docs/program.md, "Step witness").
library Tree {
    /// @notice A tree whose leaves come from a witness: address of
    ///
    ///     depth │ root │ index of the leaf read last │ level 0: node, sibling │ level 1: node, sibling │ …
    ///
    /// where node and sibling lie on and beside the path of that leaf.
    type Reading is uint256;

    /// @dev Index of no leaf: differs from every index in a bit above all depths.
    uint256 private constant NONE = 1 << 255;

    /// @notice Levels above `count` leaves: the least d with 2^d ≥ count.
    function depthOf(uint256 count) internal pure returns (uint256) {
        unchecked {
            return count < 2 ? 0 : 256 - Bits.clz(count - 1);
        }
    }

    /// @notice The root above a leaf.
    /// @param node The leaf.
    /// @param index Its index among the leaves.
    /// @param path Calldata address of the siblings, lowest first.
    /// @param depth Their number.
    function climb(bytes32 node, uint256 index, uint256 path, uint256 depth) internal pure returns (bytes32 root) {
        root = node;
        assembly ("memory-safe") {
            let end := add(path, shl(5, depth))
            for {} lt(path, end) {
                path := add(path, 0x20)
            } {
                let side := shl(5, and(index, 1))
                mstore(side, root)
                mstore(xor(side, 0x20), calldataload(path))
                root := keccak256(0, 0x40)
                index := shr(1, index)
            }
        }
    }

    /// @notice A tree of which no leaf has been read.
    function reading(uint256 depth, bytes32 root) internal pure returns (Reading tree) {
        assembly ("memory-safe") {
            tree := mload(0x40)
            mstore(0x40, add(tree, add(0x60, shl(6, depth))))
            mstore(tree, depth)
            mstore(add(tree, 0x20), root)
            mstore(add(tree, 0x40), NONE)
        }
    }

    /// @notice Climbs from a leaf until the path read last, or to the root.
    /// @param tree Its `depth` levels are overwritten with the new path.
    /// @param node The leaf, another than the one read last.
    /// @param index Its index, below 2^depth.
    /// @param path Calldata address of the siblings, lowest first.
    /// @return reached The node at the end of the path.
    /// @return known What stands there in the tree: a sibling of the path read last, or the root.
    /// @return end Calldata address behind the siblings.
    function climbOn(
        Reading tree,
        bytes32 node,
        uint256 index,
        uint256 path
    ) internal pure returns (bytes32 reached, bytes32 known, uint256 end) {
        reached = node;
        end = path;
        assembly ("memory-safe") {
            let depth := mload(tree)
            let apart := xor(index, mload(add(tree, 0x40)))
            mstore(add(tree, 0x40), index)
            known := mload(add(tree, 0x20))
            let level := add(tree, 0x60)
            for {
                let top := add(level, shl(6, depth))
            } lt(level, top) {
                level := add(level, 0x40)
            } {
                if eq(apart, 1) {
                    // The two paths meet above this level: what was the path's node is now its sibling.
                    known := mload(add(level, 0x20))
                    mstore(add(level, 0x20), mload(level))
                    mstore(level, reached)
                    break
                }
                apart := shr(1, apart)
                let sibling := calldataload(end)
                end := add(end, 0x20)
                mstore(level, reached)
                mstore(add(level, 0x20), sibling)
                let side := shl(5, and(index, 1))
                mstore(side, reached)
                mstore(xor(side, 0x20), sibling)
                reached := keccak256(0, 0x40)
                index := shr(1, index)
            }
        }
    }

    /// @notice A leaf of 128 bytes of calldata.
    function leaf(uint256 place) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, place, 128)
            hash := keccak256(free, 128)
        }
    }
}
