// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProgramHeader} from "../vm/ProgramHeader.sol";
import {Tree} from "../vm/Tree.sol";
import {List, Position, PositionLib} from "./Position.sol";

/// @title Lists
/// @notice How deep the lists of a claim's trace are, from the program's header and the number of calls.
///
///      39     15 14      10 9      5 4          0
///     ┌─────────┬──────────┬────────┬────────────┐
///     │ calls   │ epilogue │ decode │ prompt     │
///     └─────────┴──────────┴────────┴────────────┘
///
/// The last three are depths of a call's list of tensors; in a decode call the stop flag stands before the nodes.
type Lists is uint40;

using ListsLib for Lists global;

library ListsLib {
    uint256 private constant DECODE = 5;
    uint256 private constant EPILOGUE = 10;
    uint256 private constant CALLS = 15;
    uint256 private constant MASK = 0x1f;

    /// @notice Reads a header that hashes to a registered program root.
    function read(bytes calldata header, uint256 calls_) internal pure returns (Lists) {
        uint256 prompt = Tree.depthOf(ProgramHeader.nodes(header, 0));
        uint256 decode = Tree.depthOf(ProgramHeader.nodes(header, 1) + 1);
        uint256 epilogue = Tree.depthOf(ProgramHeader.nodes(header, 2));
        return Lists.wrap(uint40((calls_ << CALLS) | (epilogue << EPILOGUE) | (decode << DECODE) | prompt));
    }

    /// @notice Number of calls.
    function calls(Lists lists) internal pure returns (uint256) {
        return Lists.unwrap(lists) >> CALLS;
    }

    /// @notice Position of a call's first node: 1 in a decode call, after the stop flag.
    function first(Lists lists, uint256 call) internal pure returns (uint256) {
        return call == 0 || call == lists.calls() - 1 ? 0 : 1;
    }

    /// @notice Levels above the tensors of a call.
    function depth(Lists lists, uint256 call) internal pure returns (uint256) {
        uint256 shift =
            call == 0
                ? 0
                : call == lists.calls() - 1
                    ? EPILOGUE
                    : DECODE;
        return (Lists.unwrap(lists) >> shift) & MASK;
    }

    /// @notice Where the trace root stands: in the list of calls, or, if there is one call, in its list.
    function top(Lists lists) internal pure returns (Position) {
        uint256 height = Tree.depthOf(lists.calls());
        if (height > 0) return PositionLib.pack(List.Calls, height, 0, 0, 0);
        return PositionLib.pack(List.Nodes, lists.depth(0), 0, 0, 0);
    }

    /// @notice Length of the list of calls, or of a call's list of tensors.
    function size(bytes calldata header, uint256 calls_, List list, uint256 call) internal pure returns (uint256) {
        if (list == List.Calls) return calls_;
        if (call == 0) return ProgramHeader.nodes(header, 0);
        return call == calls_ - 1 ? ProgramHeader.nodes(header, 2) : ProgramHeader.nodes(header, 1) + 1;
    }

    /// @notice Bytes of a step witness up to the end of the record path (docs/program.md, "Step witness").
    function recordEnd(
        bytes calldata witness,
        uint256 calls_,
        uint256 call,
        uint256 position
    ) internal pure returns (uint256 end) {
        bytes calldata header = witness[2:];
        end = 2 + uint16(bytes2(witness[:2]));
        bool decode = call != 0 && call != calls_ - 1;
        // The stop flag has no record.
        if (decode && position == 0) return end;
        uint256 count = size(header, calls_, List.Nodes, call) - (decode ? 1 : 0);
        return end + 2 + uint16(bytes2(witness[end:end + 2])) + 32 * Tree.depthOf(count);
    }
}
