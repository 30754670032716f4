// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bits} from "./Bits.sol";
import {Float32} from "./Float32.sol";
import {Opcodes} from "./Opcodes.sol";

/// @title The scalar machine, the twin of `packages/vm/src/scalarMachine.ts`: it runs a section of scalar code, which is
///        one element of a tensor or one step of a reduction. See docs/scalar-machine.md.
/// @notice A word is a signed 64-bit integer, sign-extended to 256 bits. That keeps the order of unsigned 64-bit integers
///         as well, so both comparisons, the bitwise operations and signed division act on whole EVM words; a binary32
///         pattern is a word from 0 to 2^32 - 1. The machine never reverts by itself, whatever the code.
/// @dev How to use it: fill a `Context`, `prepare` it once per record, then `run` a section as often as needed, changing
///      `step` and `accumulators` between the runs, and read the results with `resultOf`.
library ScalarMachine {
    /// @notice What a section can see of the world.
    struct Context {
        /// Coordinates of the output element, one per dimension.
        uint256[] coordinates;
        /// Sizes of the output dimensions.
        uint256[] extents;
        /// Linear index of the output element.
        uint256 linear;
        /// Eight u32, symbol i in bits 32i … 32i+31.
        uint256 symbols;
        /// Number of the call being computed.
        uint256 call;
        /// Number of calls of the request.
        uint256 calls;
        /// The request's seed.
        uint256 seed;
        /// Reduction index; 0 outside `step`.
        uint256 step;
        /// Accumulators as loaded from their dtypes; none in `value` and `init`.
        uint256[] accumulators;
        /// Element `element` of operand `operand`, in call `call` if it is a history; 0 if there is none. The low 64 bits
        /// of what it returns count. `element` and `call` are words: a negative one, which reads as an unsigned number of
        /// 2^63 or more, names nothing.
        function(Context memory, uint256, uint256, uint256) internal view returns (uint256) load;
        /// For `load`, which finds there what it needs; the machine does not read it.
        uint256 environment;
        /// Set by `prepare`: address of the register file, and number of constants in it.
        uint256 registers;
        uint256 constants;
        /// Registers behind the constants that the last run wrote.
        uint256 written;
    }

    /// @notice How many `load` instructions of a section take effect; later ones give 0.
    uint256 internal constant MAX_LOADS = 8;

    /// @dev Bytes of the register file: as many registers as a byte can name.
    uint256 private constant FILE_SIZE = 256 * 32;
    uint256 private constant LOW32 = 0xffffffff;
    uint256 private constant LOW64 = 0xffffffffffffffff;

    /// @notice Makes the register file of a record.
    /// @param constants Memory address of the record's constants, four bytes each, big-endian.
    /// @param count Number of constants, at most 255.
    function prepare(Context memory context, uint256 constants, uint256 count) internal pure {
        uint256 registers;
        assembly ("memory-safe") {
            registers := mload(0x40)
            mstore(0x40, add(registers, FILE_SIZE))
            // Memory beyond the free pointer may be dirty.
            calldatacopy(registers, calldatasize(), FILE_SIZE)
            let end := add(registers, shl(5, count))
            let slot := registers
            for {} lt(slot, end) {
                slot := add(slot, 0x20)
            } {
                mstore(slot, shr(224, mload(constants)))
                constants := add(constants, 4)
            }
        }
        context.registers = registers;
        context.constants = count;
        context.written = 0;
    }

    /// @notice Runs instructions; the registers then hold their results.
    /// @dev Constants and instructions together must be at most 256, as in every valid record.
    /// @param code Memory address of the instructions, four bytes each.
    /// @param count Number of instructions.
    function run(Context memory context, uint256 code, uint256 count) internal view {
        unchecked {
            uint256 registers = context.registers;
            uint256 slot = registers + context.constants * 32;
            uint256 end = code + count * 4;
            uint256 loads = 0;
            uint256 written = context.written;
            assembly ("memory-safe") {
                // INVARIANT: a register that this run has not written reads as 0, whatever an earlier, longer run left there.
                calldatacopy(slot, calldatasize(), shl(5, written))
            }
            context.written = count;
            for (; code < end; code += 4) {
                uint256 instruction;
                uint256 opcode;
                assembly ("memory-safe") {
                    instruction := mload(code)
                    opcode := byte(0, instruction)
                }
                uint256 result;
                if (opcode >= Opcodes.IDIV) {
                    uint256 a = _operand(registers, instruction, 1);
                    uint256 b = _operand(registers, instruction, 2);
                    if (opcode >= Opcodes.FADD) {
                        if (opcode == Opcodes.FFMA) result = Float32.fma(a, b, _operand(registers, instruction, 3));
                        else if (opcode < Opcodes.FSQRT) result = _addFloat(opcode, a, b);
                        else if (opcode < Opcodes.FTOI8) result = _float(opcode, a, b);
                        else result = _convert(opcode, a);
                    } else if (opcode >= Opcodes.IEQ) {
                        if (opcode < Opcodes.WRAPI8) result = _compare(opcode, a, b);
                        else if (opcode == Opcodes.SELECT) result = a == 0 ? _operand(registers, instruction, 3) : b;
                        else result = _wrap(opcode, a, b);
                    } else {
                        if (opcode < Opcodes.IMIN) result = _divide(opcode, a, b);
                        else if (opcode >= Opcodes.AND) result = _bitwise(opcode, a, b);
                        else result = _choose(opcode, a, b);
                    }
                } else if (opcode >= Opcodes.IADD) {
                    result = _add(opcode, _operand(registers, instruction, 1), _operand(registers, instruction, 2));
                } else if (opcode >= Opcodes.STEP) {
                    if (opcode == Opcodes.LOAD) {
                        if (loads != MAX_LOADS) {
                            loads += 1;
                            uint256 element = _operand(registers, instruction, 2);
                            uint256 call = _operand(registers, instruction, 3);
                            result = _extend(context.load(context, _immediate(instruction), element, call));
                        }
                    } else if (opcode == Opcodes.ACC) {
                        result = _extend(_element(context.accumulators, _immediate(instruction)));
                    } else if (opcode == Opcodes.STEP) {
                        result = context.step;
                    }
                } else {
                    result = _look(context, opcode, _immediate(instruction));
                }
                assembly ("memory-safe") {
                    mstore(slot, result)
                }
                slot += 32;
            }
        }
    }

    /// @notice The word in a register after a run; 0 if nothing was written there.
    function resultOf(Context memory context, uint256 register) internal pure returns (uint256 word) {
        uint256 registers = context.registers;
        assembly ("memory-safe") {
            word := mload(add(registers, shl(5, and(register, 0xff))))
        }
    }

    /// @dev The register that operand byte `place` names.
    function _operand(uint256 registers, uint256 instruction, uint256 place) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(registers, shl(5, byte(place, instruction))))
        }
    }

    /// @dev Operand a itself.
    function _immediate(uint256 instruction) private pure returns (uint256 a) {
        assembly ("memory-safe") {
            a := byte(1, instruction)
        }
    }

    // The groups of the instruction table, each a tree of comparisons. `>=` with the greater half first is the cheaper way
    // to write a branch: its negation is one EVM instruction.

    /// @dev index … seed; 0 for code 0.
    function _look(Context memory context, uint256 opcode, uint256 a) private pure returns (uint256 result) {
        unchecked {
            if (opcode >= Opcodes.SYMBOL) {
                if (opcode >= Opcodes.CALLS) {
                    if (opcode == Opcodes.CALLS) result = context.calls;
                    else result = _extend(context.seed >> (64 * a));
                } else {
                    if (opcode == Opcodes.CALL) result = context.call;
                    else result = (context.symbols >> (32 * a)) & LOW32;
                }
            } else if (opcode == Opcodes.INDEX) {
                result = _element(context.coordinates, a);
            } else if (opcode == Opcodes.LINEAR) {
                result = context.linear;
            } else if (opcode == Opcodes.EXTENT) {
                result = _element(context.extents, a);
            }
        }
    }

    /// @dev iadd … umulh
    function _add(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256 result) {
        unchecked {
            if (opcode >= Opcodes.IMUL) {
                if (opcode == Opcodes.IMUL) result = _extend(a * b);
                else result = _extend(((a & LOW64) * (b & LOW64)) >> 64);
            } else {
                if (opcode == Opcodes.IADD) result = _extend(a + b);
                else result = _extend(a - b);
            }
        }
    }

    /// @dev idiv … imod. The EVM's own divisions give 0 where b is 0; MIN ÷ -1 is 2^63, which `_extend` makes MIN.
    function _divide(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256 result) {
        unchecked {
            if (opcode >= Opcodes.IREM) {
                if (opcode == Opcodes.UREM) result = _extend(_mod(a & LOW64, b & LOW64));
                else if (opcode == Opcodes.IMOD) result = _smod(a, b) + _roundsUp(a, b) * b;
                else result = _smod(a, b);
            } else {
                if (opcode == Opcodes.UDIV) result = _extend(_div(a & LOW64, b & LOW64));
                else if (opcode == Opcodes.IFLOORDIV) result = _extend(_sdiv(a, b) - _roundsUp(a, b));
                else result = _extend(_sdiv(a, b));
            }
        }
    }

    /// @dev imin … iabs
    function _choose(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256 result) {
        unchecked {
            if (opcode >= Opcodes.UMIN) {
                if (opcode >= Opcodes.INEG) {
                    result = opcode == Opcodes.INEG || int256(a) < 0 ? _extend(0 - a) : a;
                } else {
                    result = (a < b) == (opcode == Opcodes.UMIN) ? a : b;
                }
            } else {
                result = (int256(a) < int256(b)) == (opcode == Opcodes.IMIN) ? a : b;
            }
        }
    }

    /// @dev and … clz
    function _bitwise(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256 result) {
        unchecked {
            if (opcode >= Opcodes.SHL) {
                if (opcode >= Opcodes.ISHR) {
                    if (opcode == Opcodes.ISHR) result = uint256(int256(a) >> b);
                    else result = Bits.clz(a & LOW64) - 192;
                } else {
                    if (opcode == Opcodes.SHL) result = _extend(a << b);
                    else result = _extend((a & LOW64) >> b);
                }
            } else if (opcode >= Opcodes.XOR) {
                if (opcode == Opcodes.XOR) result = a ^ b;
                else result = ~a;
            } else {
                if (opcode == Opcodes.AND) result = a & b;
                else result = a | b;
            }
        }
    }

    /// @dev ieq … ule
    function _compare(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256 result) {
        if (opcode >= Opcodes.ILT) {
            if (opcode >= Opcodes.ULT) {
                if (opcode == Opcodes.ULT) result = _bit(a < b);
                else result = _bit(a <= b);
            } else {
                if (opcode == Opcodes.ILT) result = _bit(int256(a) < int256(b));
                else result = _bit(int256(a) <= int256(b));
            }
        } else {
            if (opcode == Opcodes.IEQ) result = _bit(a == b);
            else result = _bit(a != b);
        }
    }

    /// @dev wrapi8 … lnot; 0 for codes that are no instruction.
    function _wrap(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256 result) {
        if (opcode >= Opcodes.WRAPU32) {
            if (opcode >= Opcodes.TRUTH) {
                if (opcode == Opcodes.TRUTH) result = _bit(a != 0);
                else if (opcode == Opcodes.LNOT) result = _bit(a == 0);
            } else {
                if (opcode == Opcodes.WRAPU32) result = a & LOW32;
                else result = _extend(((a & LOW32) << 32) | (b & LOW32));
            }
        } else if (opcode >= Opcodes.WRAPU8) {
            if (opcode == Opcodes.WRAPU8) result = a & 0xff;
            else result = a & 0xffff;
        } else {
            if (opcode == Opcodes.WRAPI32) result = uint256(int256(int32(int256(a))));
            else if (opcode == Opcodes.WRAPI16) result = uint256(int256(int16(int256(a))));
            else result = uint256(int256(int8(int256(a))));
        }
    }

    /// @dev fadd … fdiv
    function _addFloat(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256 result) {
        if (opcode >= Opcodes.FMUL) {
            if (opcode == Opcodes.FMUL) result = Float32.mul(a, b);
            else result = Float32.div(a, b);
        } else {
            if (opcode == Opcodes.FADD) result = Float32.add(a, b);
            else result = Float32.sub(a, b);
        }
    }

    /// @dev fsqrt … fcanon; 0 for codes that are no instruction.
    function _float(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256 result) {
        if (opcode >= Opcodes.FFLOOR) {
            if (opcode >= Opcodes.FEQ) {
                if (opcode >= Opcodes.FLE) {
                    if (opcode == Opcodes.FLE) result = _bit(Float32.le(a, b));
                    else if (opcode == Opcodes.FCANON) result = Float32.canonical(a);
                } else {
                    if (opcode == Opcodes.FLT) result = _bit(Float32.lt(a, b));
                    else result = _bit(Float32.eq(a, b));
                }
            } else if (opcode >= Opcodes.FTRUNC) {
                if (opcode == Opcodes.FTRUNC) result = Float32.trunc(a);
                else result = Float32.roundEven(a);
            } else {
                if (opcode == Opcodes.FFLOOR) result = Float32.floor(a);
                else result = Float32.ceil(a);
            }
        } else if (opcode >= Opcodes.FNEG) {
            if (opcode == Opcodes.FNEG) result = Float32.neg(a);
            else result = Float32.abs(a);
        } else {
            if (opcode == Opcodes.FMAX) result = Float32.maximum(a, b);
            else if (opcode == Opcodes.FMIN) result = Float32.minimum(a, b);
            else result = Float32.sqrt(a);
        }
    }

    /// @dev ftoi8 … ftob; 0 for codes that are no instruction.
    function _convert(uint256 opcode, uint256 a) private pure returns (uint256 result) {
        if (opcode >= Opcodes.ITOF) {
            if (opcode >= Opcodes.HTOF) {
                if (opcode >= Opcodes.BTOF) {
                    if (opcode == Opcodes.BTOF) result = Float32.fromBfloat16(a);
                    else if (opcode == Opcodes.FTOB) result = Float32.toBfloat16(a);
                } else {
                    if (opcode == Opcodes.HTOF) result = Float32.fromHalf(a);
                    else result = Float32.toHalf(a);
                }
            } else {
                if (opcode == Opcodes.ITOF) result = Float32.fromInt64(a);
                else result = Float32.fromUint64(a);
            }
        } else if (opcode >= Opcodes.FTOU8) {
            if (opcode >= Opcodes.FTOU32) {
                if (opcode == Opcodes.FTOU32) result = Float32.toUint32(a);
                else result = _extend(Float32.toUint64(a));
            } else {
                if (opcode == Opcodes.FTOU8) result = Float32.toUint8(a);
                else result = Float32.toUint16(a);
            }
        } else {
            if (opcode == Opcodes.FTOI64) result = Float32.toInt64(a);
            else if (opcode == Opcodes.FTOI32) result = Float32.toInt32(a);
            else if (opcode == Opcodes.FTOI16) result = Float32.toInt16(a);
            else result = Float32.toInt8(a);
            result = _extend(result);
        }
    }

    /// @dev Element `i`, or 0 beyond the end.
    function _element(uint256[] memory list, uint256 i) private pure returns (uint256 element) {
        assembly ("memory-safe") {
            if lt(i, mload(list)) {
                element := mload(add(add(list, 0x20), shl(5, i)))
            }
        }
    }

    /// @dev The word with the low 64 bits of `x`.
    function _extend(uint256 x) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := signextend(7, x)
        }
    }

    function _bit(bool condition) private pure returns (uint256 bit) {
        assembly ("memory-safe") {
            bit := condition
        }
    }

    function _sdiv(uint256 a, uint256 b) private pure returns (uint256 quotient) {
        assembly ("memory-safe") {
            quotient := sdiv(a, b)
        }
    }

    function _smod(uint256 a, uint256 b) private pure returns (uint256 remainder) {
        assembly ("memory-safe") {
            remainder := smod(a, b)
        }
    }

    function _div(uint256 a, uint256 b) private pure returns (uint256 quotient) {
        assembly ("memory-safe") {
            quotient := div(a, b)
        }
    }

    function _mod(uint256 a, uint256 b) private pure returns (uint256 remainder) {
        assembly ("memory-safe") {
            remainder := mod(a, b)
        }
    }

    /// @dev 1 where truncated and floored division differ: the remainder is not 0 and its sign is not that of `b`.
    function _roundsUp(uint256 a, uint256 b) private pure returns (uint256 bit) {
        assembly ("memory-safe") {
            let remainder := smod(a, b)
            bit := and(slt(xor(remainder, b), 0), iszero(iszero(remainder)))
        }
    }
}
