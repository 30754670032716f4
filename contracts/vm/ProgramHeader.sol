// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DType} from "./DType.sol";
import {ShapeExpression} from "./ShapeExpression.sol";

/// @title Program headers, the twin of `packages/vm/src/header.ts`
/// @notice A header is a row of big-endian fields, the first 262 bytes at fixed offsets (docs/program.md, "Header"). All
/// functions but `check` take a valid one.
library ProgramHeader {
    /// @notice The header breaks a rule.
    /// @param offset Of the field that breaks it; for a record count, root or bound, of the one in question.
    error ProgramHeader_Invalid(uint256 offset);

    /// @dev Node lists.
    uint256 internal constant PROMPT = 0;
    uint256 internal constant DECODE = 1;
    uint256 internal constant EPILOGUE = 2;

    /// @dev Index that stands for no node.
    uint256 internal constant NO_NODE = 0xffffffff;

    uint256 private constant MAX_LENGTH = 4096;
    uint256 private constant MAX_NODES = 1 << 16;
    uint256 private constant MAX_PARAMETERS = 1 << 16;
    uint256 private constant MAX_CALLS = 1 << 20;
    uint256 private constant MAX_RANK = 8;
    uint256 private constant MAX_SYMBOLS = 8;
    uint256 private constant MAX_INPUTS = 64;
    /// @dev Places of outputs.
    uint256 private constant PLACES = 8;

    uint256 private constant TAG = 0x03;
    uint256 private constant FORMAT = 1;

    // Offsets.
    uint256 private constant AT_COUNTS = 5;
    uint256 private constant AT_ROOTS = 17;
    uint256 private constant AT_PARAMETERS = 113;
    uint256 private constant AT_OUTPUT_COUNT = 117;
    uint256 private constant AT_OUTPUTS = 118;
    uint256 private constant AT_STOP = 150;
    uint256 private constant AT_CALLS = 158;
    uint256 private constant AT_SYMBOLS = 262;

    /// @notice Reverts unless the header is valid.
    function check(bytes calldata header) internal pure {
        unchecked {
            // INVARIANT: a witness that holds the header fits into a transaction.
            _require(header.length >= AT_SYMBOLS + 2 && header.length <= MAX_LENGTH, header.length);
            _require(_read(header, 0, 1) == TAG, 0);
            _require(_read(header, 1, 2) == FORMAT, 1);

            uint256 prompt = nodes(header, PROMPT);
            uint256 decode = nodes(header, DECODE);
            uint256 epilogue = nodes(header, EPILOGUE);
            // INVARIANT: call 0 has a list, lists fit in their trees, and a loop ends in an epilogue.
            _require(prompt >= 1 && prompt <= MAX_NODES, AT_COUNTS);
            _require(decode <= MAX_NODES && (decode == 0 || epilogue > 0), AT_COUNTS + 4);
            _require(epilogue <= MAX_NODES, AT_COUNTS + 8);
            _require(parameters(header) <= MAX_PARAMETERS, AT_PARAMETERS);

            // INVARIANT: outputs are nodes of the last call's list, stop nodes of their own.
            uint256 outputs = _read(header, AT_OUTPUT_COUNT, 1);
            _require(outputs >= 1 && outputs <= PLACES, AT_OUTPUT_COUNT);
            for (uint256 i = 0; i < PLACES; ++i) {
                uint256 node = _read(header, AT_OUTPUTS + 4 * i, 4);
                _require(i < outputs ? node < (epilogue > 0 ? epilogue : prompt) : node == 0, AT_OUTPUTS + 4 * i);
            }
            _require(stopNode(header, PROMPT) == NO_NODE || stopNode(header, PROMPT) < prompt, AT_STOP);
            _require(stopNode(header, DECODE) == NO_NODE || stopNode(header, DECODE) < decode, AT_STOP + 4);

            // INVARIANT: the number of calls fits the lists.
            uint256 least = _read(header, AT_CALLS, 4);
            uint256 greatest = _read(header, AT_CALLS + 4, 4);
            _require(least >= 1 && least <= greatest && greatest <= MAX_CALLS, AT_CALLS);
            if (epilogue == 0) _require(greatest == 1, AT_CALLS + 4);
            else if (decode == 0) _require(least == 2 && greatest == 2, AT_CALLS);
            else _require(least >= 2, AT_CALLS);

            _checkTypes(header);
        }
    }

    /// @notice The list that a call runs.
    function listOf(bytes calldata header, uint256 call, uint256 calls) internal pure returns (uint256 list) {
        unchecked {
            if (call == 0) return PROMPT;
            return call + 1 == calls && nodes(header, EPILOGUE) > 0 ? EPILOGUE : DECODE;
        }
    }

    /// @notice Nodes of a list.
    function nodes(bytes calldata header, uint256 list) internal pure returns (uint256) {
        return _read(header, AT_COUNTS + 4 * list, 4);
    }

    /// @notice Root of a list's records.
    function root(bytes calldata header, uint256 list) internal pure returns (bytes32) {
        return bytes32(_read(header, AT_ROOTS + 32 * list, 32));
    }

    /// @notice Number of parameters.
    function parameters(bytes calldata header) internal pure returns (uint256) {
        return _read(header, AT_PARAMETERS, 4);
    }

    /// @notice The node of the prompt or decode list that ends the decoding; NO_NODE if none.
    function stopNode(bytes calldata header, uint256 list) internal pure returns (uint256) {
        return _read(header, AT_STOP + 4 * list, 4);
    }

    /// @notice Whether a call can be stopped at all.
    function hasStop(bytes calldata header) internal pure returns (bool) {
        return _read(header, AT_STOP, 8) != type(uint64).max;
    }

    /// @notice Number of inputs.
    function inputs(bytes calldata header) internal pure returns (uint256) {
        return _read(header, AT_SYMBOLS + 1 + 8 * _read(header, AT_SYMBOLS, 1), 1);
    }

    /// @dev Symbols and inputs, up to the header's end.
    function _checkTypes(bytes calldata header) private pure {
        unchecked {
            uint256 place = AT_SYMBOLS;
            uint256 count = _read(header, place, 1);
            _require(count <= MAX_SYMBOLS, place);
            for (++place; count > 0; --count) {
                _require(_read(header, place, 4) <= _read(header, place + 4, 4), place);
                place += 8;
            }
            count = _read(header, place, 1);
            _require(count <= MAX_INPUTS, place);
            for (++place; count > 0; --count) place = _checkInput(header, place);
            // INVARIANT: one header has one encoding: nothing is missing, nothing follows.
            _require(place == header.length, place);
        }
    }

    /// @return end Offset behind the input.
    function _checkInput(bytes calldata header, uint256 place) private pure returns (uint256 end) {
        unchecked {
            // INVARIANT: an input has a known type and a shape of its own, the same in every call.
            _require(DType.bitsOf(_read(header, place, 1)) != 0, place);
            uint256 rank = _read(header, place + 1, 1);
            _require(rank <= MAX_RANK, place + 1);
            uint256 start;
            assembly ("memory-safe") {
                start := header.offset
            }
            end = place + 2;
            for (; rank > 0; --rank) {
                (, uint256 next, bool usesCall) = ShapeExpression.evaluate(start + end, start + header.length, 0, 0);
                _require(next != 0 && !usesCall, end);
                end = next - start;
            }
        }
    }

    /// @dev A big-endian field; bytes beyond the header's end are read as they come.
    function _read(bytes calldata header, uint256 offset, uint256 length) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, length)), calldataload(add(header.offset, offset)))
        }
    }

    function _require(bool holds, uint256 offset) private pure {
        if (!holds) revert ProgramHeader_Invalid(offset);
    }
}
