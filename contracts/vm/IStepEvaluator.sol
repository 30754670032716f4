// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim} from "../types/Claim.sol";

/// @notice Which part of an element is computed, or what else follows from its record.
/// - Value: the whole element; of a reduction, `init`, every step and `final`, as far as gas goes.
/// - Steps: the accumulators after the steps [lo, hi), from `from`, or from `init` where lo is 0. lo = hi = 0 gives `init`.
/// - Final: the element from the accumulators `from` after the last step.
/// - Shape: no number but the tensor's TensorShape, which a dispute needs to descend into it. The witness ends behind header,
///   record and record path, or behind the header for a stop flag; element, lo, hi and from are not read.
enum Part {
    Value,
    Steps,
    Final,
    Shape
}

/// @notice One place of a claim's trace: the smallest thing a dispute asks.
/// @param claim The claim.
/// @param traceRoot Root of the trace that loads read from.
/// @param call Call number, below claim.calls.
/// @param position Place of the tensor in its call: 0 is the stop flag of a decode call.
/// @param element Row-major index of the element; at or above the tensor's count it is padding.
/// @param part Which part of the element.
/// @param lo First step (Steps only).
/// @param hi Step after the last, at most the extent (Steps only).
/// @param from Snapshot: the stored accumulators, little-endian, one after the other from the first byte (Final, and Steps
/// where lo > 0).
struct Step {
    Claim claim;
    bytes32 traceRoot;
    uint32 call;
    uint32 position;
    uint64 element;
    Part part;
    uint64 lo;
    uint64 hi;
    bytes32 from;
}

/// @title IStepEvaluator
/// @notice Computes one number of a trace again, from the program and the numbers it was computed from. A dispute ends here.
///
/// What must hold:
/// - safety: the result follows from the step alone. The witness only brings what the step's hashes stand for: there is one
///   witness for a step, and any other bytes revert.
/// - liveness: for every program, claim and trace, and every position in it, that witness exists and the step returns.
///
/// Warning: the claim's program root must be of a valid header (`ProgramHeader.check`); the registry refuses others.
interface IStepEvaluator {
    /// @notice The header is not the one the claim names.
    error StepEvaluator_Header(bytes32 root);

    /// @notice The call or the position does not exist.
    error StepEvaluator_Position(uint32 call, uint32 position);

    /// @notice The tensor has no such steps: a map, or hi above the extent, or lo above hi.
    error StepEvaluator_Range(uint64 lo, uint64 hi, uint64 extent);

    /// @notice The record and its path do not lead to the header's record list.
    error StepEvaluator_Record(bytes32 root);

    /// @notice The input commitments do not hash to the claim's inputs root.
    error StepEvaluator_Inputs(bytes32 root);

    /// @notice A tensor or leaf and its path do not lead to the tree it should be in.
    error StepEvaluator_Path(bytes32 expected, bytes32 actual);

    /// @notice The witness does not end where the step's needs end.
    error StepEvaluator_Length(uint256 consumed, uint256 length);

    /// @notice Computes one part of one element.
    /// @param step The place.
    /// @param witness Header, record, and the tensors and leaves that are loaded (docs/program.md, "Step witness").
    /// @return result The stored bytes, little-endian, from the first byte on, zeros after: an element, or a snapshot. A
    /// 4-bit element is one byte, its low nibble. Padding, elements of stopped calls and of invalid records are 0.
    function evaluate(Step calldata step, bytes calldata witness) external view returns (bytes32 result);
}
