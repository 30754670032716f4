// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim} from "../types/Claim.sol";
import {DType} from "../vm/DType.sol";
import {Element} from "../vm/Element.sol";
import {IStepEvaluator, Step} from "../vm/IStepEvaluator.sol";
import {NodeRecord} from "../vm/NodeRecord.sol";
import {ProgramHeader} from "../vm/ProgramHeader.sol";
import {ShapeExpression} from "../vm/ShapeExpression.sol";
import {TensorShape} from "../vm/TensorShape.sol";
import {Tree} from "../vm/Tree.sol";

/// @title Asks the step evaluator and its libraries many questions in one call.
contract StepEvaluatorHarness {
    using Tree for Tree.Reading;

    /// @notice What came back from one question: the returned or the revert data, and the gas it took.
    struct Answer {
        bool success;
        bytes data;
        uint256 gasUsed;
    }

    /// @notice Evaluates steps one after the other.
    function evaluateAll(
        IStepEvaluator evaluator,
        Step[] calldata steps,
        bytes[] calldata witnesses
    ) external view returns (Answer[] memory answers) {
        answers = new Answer[](steps.length);
        for (uint256 i = 0; i < steps.length; ++i) {
            answers[i] = _ask(evaluator, steps[i], witnesses[i]);
        }
    }

    /// @notice One step with many witnesses.
    function evaluateEach(
        IStepEvaluator evaluator,
        Step calldata step,
        bytes[] calldata witnesses
    ) external view returns (Answer[] memory answers) {
        answers = new Answer[](witnesses.length);
        for (uint256 i = 0; i < witnesses.length; ++i) {
            answers[i] = _ask(evaluator, step, witnesses[i]);
        }
    }

    /// @notice Shapes of records, each as node `i` of its list.
    function shapes(
        bytes[] calldata records,
        uint256 symbols,
        uint256 callNumber
    ) external pure returns (uint256[] memory packed) {
        packed = new uint256[](records.length);
        for (uint256 i = 0; i < records.length; ++i) {
            bytes calldata record = records[i];
            uint256 start;
            assembly ("memory-safe") {
                start := record.offset
            }
            NodeRecord.Node memory node;
            NodeRecord.read(node, start, record.length, symbols, callNumber, i);
            packed[i] = TensorShape.unwrap(node.shape);
        }
    }

    /// @notice Values of shape expressions, each filling its bytes; type(uint256).max where it is malformed or does not.
    function expressions(
        bytes[] calldata all,
        uint256 symbols,
        uint256 callNumber
    ) external pure returns (uint256[] memory values, bool[] memory usesCall) {
        values = new uint256[](all.length);
        usesCall = new bool[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            bytes calldata expression = all[i];
            uint256 start;
            assembly ("memory-safe") {
                start := expression.offset
            }
            uint256 limit = start + expression.length;
            uint256 end;
            (values[i], end, usesCall[i]) = ShapeExpression.evaluate(start, limit, symbols, callNumber);
            if (end != limit) values[i] = type(uint256).max;
        }
    }

    /// @notice Reverts unless the header is valid.
    function checkHeader(bytes calldata header) external pure {
        ProgramHeader.check(header);
    }

    /// @notice Which headers are valid.
    function validHeaders(bytes[] calldata headers) external view returns (bool[] memory valid) {
        valid = new bool[](headers.length);
        for (uint256 i = 0; i < headers.length; ++i) {
            try this.checkHeader(headers[i]) {
                valid[i] = true;
            } catch {
                valid[i] = false;
            }
        }
    }

    /// @notice Bits of each type code.
    function widths() external pure returns (uint256[256] memory bits) {
        for (uint256 code = 0; code < 256; ++code) bits[code] = DType.bitsOf(code);
    }

    /// @notice Bytes of elements as words, and of each word what it is stored as, loaded again.
    function words(
        uint256 dtype,
        bytes calldata data,
        uint256 count
    ) external pure returns (uint256[] memory loaded, bytes32[] memory stored) {
        loaded = new uint256[](count);
        stored = new bytes32[](count);
        uint256 start;
        assembly ("memory-safe") {
            start := data.offset
        }
        for (uint256 i = 0; i < count; ++i) {
            loaded[i] = Element.load(dtype, Element.bitsAt(start, dtype, i));
            stored[i] = Element.pack(Element.store(dtype, loaded[i]));
        }
    }

    /// @notice Depths of trees over so many leaves.
    function depths(uint256[] calldata counts) external pure returns (uint256[] memory all) {
        all = new uint256[](counts.length);
        for (uint256 i = 0; i < counts.length; ++i) all[i] = Tree.depthOf(counts[i]);
    }

    /// @notice The claim's hash under a holder.
    function hashClaim(Claim calldata claim, address holder) external view returns (bytes32) {
        return claim.hashClaim(holder);
    }

    function _ask(
        IStepEvaluator evaluator,
        Step calldata step,
        bytes calldata witness
    ) private view returns (Answer memory answer) {
        uint256 before = gasleft();
        try evaluator.evaluate(step, witness) returns (bytes32 result) {
            answer.gasUsed = before - gasleft();
            answer.success = true;
            answer.data = abi.encode(result);
        } catch (bytes memory reason) {
            answer.data = reason;
        }
    }
}
