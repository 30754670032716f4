// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DType} from "../vm/DType.sol";
import {TensorDescription} from "../vm/TensorDescription.sol";

/// @title InlineTensor
/// @notice Commitments of tensors whose bytes come in calldata: short ones, so that the whole tree is hashed here.
library InlineTensor {
    /// A tensor's leaves are this many bytes.
    uint256 private constant LEAF_BYTES = 128;
    /// keccak256 of a leaf of zeros.
    bytes32 private constant ZERO_LEAF = 0x012893657d8eb2efad4de0a91bcd0e39ad9837745dec3ea923737ea803fc8e3d;
    uint256 private constant DESCRIPTION_BYTES = 25;

    error InlineTensor_WrongLength(uint256 index, uint256 expected, uint256 left);
    error InlineTensor_LeftOver(uint256 bytesLeft);
    error InlineTensor_UnknownType(uint256 index, uint256 dtype);
    error InlineTensor_Descriptions(uint256 length);

    /// @notice Root over described tensors: keccak256 of their concatenated commitments.
    /// @param descriptions 25 bytes each, one to eight of them.
    /// @param data The tensors' bytes one after the other, to the last byte.
    function rootOf(bytes calldata descriptions, bytes calldata data) internal pure returns (bytes32) {
        uint256 n = descriptions.length / DESCRIPTION_BYTES;
        // INVARIANT: there are one to eight whole descriptions.
        if (n == 0 || n > 8 || n * DESCRIPTION_BYTES != descriptions.length) {
            revert InlineTensor_Descriptions(descriptions.length);
        }
        bytes32[] memory commitments = new bytes32[](n);
        for (uint256 i = 0; i < n; ++i) {
            uint256 description = uint200(bytes25(descriptions[i * DESCRIPTION_BYTES:]));
            (commitments[i], data) = take(i, description, data);
        }
        // INVARIANT: every byte belongs to a tensor.
        if (data.length != 0) revert InlineTensor_LeftOver(data.length);
        return keccak256(abi.encodePacked(commitments));
    }

    /// @notice Cuts one tensor off the front of `data`.
    /// @param index The tensor's number, for errors.
    function take(
        uint256 index,
        uint256 description,
        bytes calldata data
    ) internal pure returns (bytes32 commitment, bytes calldata rest) {
        uint256 dtype = TensorDescription.dtype(description);
        uint256 bits = DType.bitsOf(dtype);
        // INVARIANT: a tensor's type is known.
        if (bits == 0) revert InlineTensor_UnknownType(index, dtype);
        uint256 size = (TensorDescription.count(description) * bits + 7) / 8;
        // INVARIANT: a tensor is as long as its description says.
        if (size > data.length) revert InlineTensor_WrongLength(index, size, data.length);
        return (TensorDescription.commitment(description, treeRoot(data[:size])), data[size:]);
    }

    /// @notice Root of the tree over a tensor's bytes (docs/program.md, "Trees").
    function treeRoot(bytes calldata data) internal pure returns (bytes32 root) {
        if (data.length == 0) return ZERO_LEAF;
        assembly ("memory-safe") {
            let nodes := mload(0x40)
            let count := div(add(data.length, sub(LEAF_BYTES, 1)), LEAF_BYTES)
            // Leaves are hashed behind the nodes, so that nothing of them is overwritten too early.
            let scratch := add(nodes, shl(5, add(count, 1)))
            let last := sub(data.length, mul(sub(count, 1), LEAF_BYTES))
            for {
                let i := 0
            } lt(i, count) {
                i := add(i, 1)
            } {
                let size := LEAF_BYTES
                if eq(add(i, 1), count) {
                    size := last
                    calldatacopy(scratch, calldatasize(), LEAF_BYTES)
                }
                calldatacopy(scratch, add(data.offset, mul(i, LEAF_BYTES)), size)
                mstore(add(nodes, shl(5, i)), keccak256(scratch, LEAF_BYTES))
            }
            let padding := ZERO_LEAF
            for {} gt(count, 1) {} {
                // A row of odd length gets the padding of its level.
                if and(count, 1) {
                    mstore(add(nodes, shl(5, count)), padding)
                    count := add(count, 1)
                }
                count := shr(1, count)
                for {
                    let i := 0
                } lt(i, count) {
                    i := add(i, 1)
                } {
                    mstore(add(nodes, shl(5, i)), keccak256(add(nodes, shl(6, i)), 64))
                }
                mstore(scratch, padding)
                mstore(add(scratch, 32), padding)
                padding := keccak256(scratch, 64)
            }
            root := mload(nodes)
        }
    }
}
