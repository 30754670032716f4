// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ScalarMachine} from "../vm/ScalarMachine.sol";

/// @title Runs scalar programs for the tests, many in one call, over a memory that is a formula.
/// @notice A program is `constant count u8 ‖ constants u32 … ‖ result count u8 ‖ results u8 … ‖ instruction count u8 ‖
///         instructions`, programs one after the other. Constants and instructions together are cursor most 256.
contract ScalarMachineHarness {
    /// @notice What the programs of one call see.
    struct World {
        uint256[] coordinates;
        uint256[] extents;
        uint256 linear;
        uint256 symbols;
        uint256 call;
        uint256 calls;
        uint256 seed;
        uint256 step;
        uint256[] accumulators;
    }

    error ScalarMachineHarness_TooLong(uint256 registers);

    /// @notice Results of all programs, eight bytes each, in order.
    function runAll(World calldata world, bytes calldata programs) external view returns (bytes memory results) {
        ScalarMachine.Context memory context = _context(world);
        uint256 cursor = _address(programs);
        uint256 end = cursor + programs.length;
        // Every result byte takes eight, and there are fewer of them than program bytes.
        results = new bytes(8 * programs.length);
        uint256 out = _address(results);
        uint256 free = _free();
        while (cursor < end) {
            (uint256 constants, uint256 resultAt, uint256 code) = _parts(cursor);
            uint256 instructions = _byte(code - 1);
            _runOne(context, cursor + 1, constants, code, instructions);
            for (; resultAt < code - 1; resultAt++) {
                uint256 word = ScalarMachine.resultOf(context, _byte(resultAt));
                assembly ("memory-safe") {
                    mstore(out, shl(192, word))
                }
                out += 8;
            }
            cursor = code + 4 * instructions;
            _restore(free);
        }
        uint256 length = out - _address(results);
        assembly ("memory-safe") {
            mstore(results, length)
        }
    }

    /// @notice Gas of running one program's instructions, register file made before.
    function measure(World calldata world, bytes calldata program) external view returns (uint256 gasUsed) {
        ScalarMachine.Context memory context = _context(world);
        uint256 cursor = _address(program);
        (uint256 constants, , uint256 code) = _parts(cursor);
        uint256 instructions = _byte(code - 1);
        ScalarMachine.prepare(context, cursor + 1, constants);
        gasUsed = gasleft();
        ScalarMachine.run(context, code, instructions);
        gasUsed -= gasleft();
    }

    function _runOne(
        ScalarMachine.Context memory context,
        uint256 constantsAt,
        uint256 constants,
        uint256 code,
        uint256 instructions
    ) private view {
        // INVARIANT: a section fits into the register file.
        if (constants + instructions > 256) revert ScalarMachineHarness_TooLong(constants + instructions);
        ScalarMachine.prepare(context, constantsAt, constants);
        // Twice, as the steps of a reduction are: the second run must not see the first one's registers.
        ScalarMachine.run(context, code, instructions);
        ScalarMachine.run(context, code, instructions);
    }

    /// @dev Number of constants, address of the results, address of the code.
    function _parts(uint256 cursor) private pure returns (uint256 constants, uint256 results, uint256 code) {
        constants = _byte(cursor);
        results = cursor + 2 + 4 * constants;
        code = results + _byte(results - 1) + 1;
    }

    function _context(World calldata world) private pure returns (ScalarMachine.Context memory context) {
        context.coordinates = world.coordinates;
        context.extents = world.extents;
        context.linear = world.linear;
        context.symbols = world.symbols;
        context.call = world.call;
        context.calls = world.calls;
        context.seed = world.seed;
        context.step = world.step;
        context.accumulators = world.accumulators;
        context.load = _load;
    }

    /// @dev The formula memory; its twin is in `test/helpers/scalarPrograms.ts`. Half of its words are small.
    function _load(
        ScalarMachine.Context memory,
        uint256 operand,
        uint256 element,
        uint256 call
    ) private pure returns (uint256 word) {
        unchecked {
            word = operand * 0x9e3779b97f4a7c15 + element * 0xbf58476d1ce4e5b9 + call * 0x94d049bb133111eb;
            word &= 0xffffffffffffffff;
            word ^= word >> 29;
            if (word & 1 == 0) word &= 0xff;
        }
    }

    function _address(bytes memory data) private pure returns (uint256 cursor) {
        assembly ("memory-safe") {
            cursor := add(data, 0x20)
        }
    }

    function _byte(uint256 cursor) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, mload(cursor))
        }
    }

    function _free() private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := mload(0x40)
        }
    }

    /// @dev Frees memory without cleaning it, so that the next register file is made over a dirty one.
    function _restore(uint256 pointer) private pure {
        assembly ("memory-safe") {
            mstore(0x40, pointer)
        }
    }
}
