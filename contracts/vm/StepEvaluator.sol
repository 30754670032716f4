// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Element} from "./Element.sol";
import {IStepEvaluator, Part, Step} from "./IStepEvaluator.sol";
import {NodeRecord} from "./NodeRecord.sol";
import {ProgramHeader} from "./ProgramHeader.sol";
import {ScalarMachine} from "./ScalarMachine.sol";
import {TensorDescription} from "./TensorDescription.sol";
import {TensorShape, TensorShapes} from "./TensorShape.sol";
import {DType} from "./DType.sol";
import {Tree} from "./Tree.sol";
import {Witness} from "./Witness.sol";

/// @title The step evaluator, the twin of `packages/vm/src/stepEvaluator.ts`
/// @notice Reads header and record from the witness, runs the record's scalar code, and reads the elements it loads on the
/// way. It has no state: everything that a load needs is in an Environment, which the scalar machine carries for it.
contract StepEvaluator is IStepEvaluator {
    using Witness for Witness.Cursor;
    using Witness for Witness.Tensor;

    /// @dev What the step is about, and how far its witness is read.
    struct Environment {
        Witness.Cursor cursor;
        bytes32 inputsRoot;
        /// Counts of the header.
        uint256 inputs;
        uint256 parameters;
        uint256 prompt;
        uint256 decode;
        /// The call, the nodes of its list, and the place of the first: 1 in a decode call.
        uint256 call;
        uint256 nodes;
        uint256 first;
        /// The node in its list, and the row of the element.
        uint256 node;
        uint256 row;
        NodeRecord.Node record;
        /// Memory address of the record's bytes.
        uint256 code;
    }

    uint256 private constant LOW32 = 0xffffffff;

    /// @dev Sections of a record; the first is `value` of a map.
    uint256 private constant INIT = 0;
    uint256 private constant STEP = 1;
    uint256 private constant FINAL = 2;

    /// @inheritdoc IStepEvaluator
    function evaluate(Step calldata step, bytes calldata witness) external view override returns (bytes32 result) {
        Environment memory environment;
        environment.cursor.open(witness);
        bytes calldata header = environment.cursor.takeSized();
        // INVARIANT: the program is the claim's.
        if (keccak256(header) != step.claim.programRoot) revert StepEvaluator_Header(keccak256(header));
        uint256 list = _begin(environment, step, header);
        result =
            list == ProgramHeader.DECODE && step.position == 0
                ? _stopFlag(environment, step, header)
                : _node(environment, step, header, list);
        environment.cursor.close();
    }

    /// @dev What follows from header and claim.
    function _begin(
        Environment memory environment,
        Step calldata step,
        bytes calldata header
    ) private pure returns (uint256 list) {
        unchecked {
            list = ProgramHeader.listOf(header, step.call, step.claim.calls);
            environment.inputs = ProgramHeader.inputs(header);
            environment.parameters = ProgramHeader.parameters(header);
            environment.prompt = ProgramHeader.nodes(header, ProgramHeader.PROMPT);
            environment.decode = ProgramHeader.nodes(header, ProgramHeader.DECODE);
            environment.nodes = ProgramHeader.nodes(header, list);
            environment.first = list == ProgramHeader.DECODE ? 1 : 0;
            environment.call = step.call;
            // INVARIANT: the place exists.
            if (step.call >= step.claim.calls || step.position >= environment.first + environment.nodes) {
                revert StepEvaluator_Position(step.call, step.position);
            }
            environment.node = step.position - environment.first;

            environment.inputsRoot = step.claim.inputsRoot;
            Witness.Cursor memory cursor = environment.cursor;
            cursor.calls = Tree.reading(Tree.depthOf(step.claim.calls), step.traceRoot);
            cursor.parameters = Tree.reading(Tree.depthOf(environment.parameters), step.claim.paramsRoot);
        }
    }

    /// @dev Position 0 of a decode call: whether an earlier call ended the decoding.
    function _stopFlag(
        Environment memory environment,
        Step calldata step,
        bytes calldata header
    ) private pure returns (bytes32) {
        unchecked {
            if (step.part == Part.Shape) return _wrap(TensorShapes.make(DType.BOOL, 1, 1, 0, 0));
            // INVARIANT: only reductions have steps.
            if (step.part != Part.Value) revert StepEvaluator_Range(step.lo, step.hi, 0);
            if (step.element != 0 || !ProgramHeader.hasStop(header)) return 0;

            uint256 before = step.call - 1;
            if (before > 0 && _first(environment, before, 0) != 0) return Element.pack(1);
            uint256 list = before == 0 ? ProgramHeader.PROMPT : ProgramHeader.DECODE;
            uint256 node = ProgramHeader.stopNode(header, list);
            if (node == ProgramHeader.NO_NODE) return 0;
            return Element.pack(_first(environment, before, before == 0 ? node : node + 1) == 0 ? 0 : 1);
        }
    }

    /// @dev Element 0 of a tensor of the trace, as a word.
    function _first(Environment memory environment, uint256 call, uint256 position) private pure returns (uint256) {
        Witness.Tensor tensor = environment.cursor.traced(call, position, _positions(environment, call));
        return tensor.has(0) ? _element(environment, tensor, 0) : 0;
    }

    /// @dev Tensors in a call's list; the call is not the last, or is the step's own.
    function _positions(Environment memory environment, uint256 call) private pure returns (uint256) {
        unchecked {
            if (call == environment.call) return environment.first + environment.nodes;
            return call == 0 ? environment.prompt : environment.decode + 1;
        }
    }

    /// @dev Any other position: a node.
    function _node(
        Environment memory environment,
        Step calldata step,
        bytes calldata header,
        uint256 list
    ) private view returns (bytes32) {
        _takeRecord(environment, step, header, list);
        NodeRecord.Node memory record = environment.record;
        TensorShape shape = record.shape;
        if (step.part == Part.Shape) return _wrap(shape);
        // INVARIANT: only reductions have steps, and only up to their extent.
        if (
            step.part != Part.Value &&
            (!shape.isReduction() || (step.part == Part.Steps && (step.lo > step.hi || step.hi > shape.extent())))
        ) revert StepEvaluator_Range(step.lo, step.hi, uint64(shape.extent()));

        if (!record.valid || step.element >= shape.count()) return 0;
        if (environment.first == 1 && ProgramHeader.hasStop(header)) {
            if (_first(environment, step.call, 0) != 0) return 0;
        }
        return _compute(environment, step);
    }

    /// @dev The node's record, on its way into memory, where the scalar machine reads it.
    function _takeRecord(
        Environment memory environment,
        Step calldata step,
        bytes calldata header,
        uint256 list
    ) private pure {
        unchecked {
            Witness.Cursor memory cursor = environment.cursor;
            bytes calldata data = cursor.takeSized();
            uint256 node = environment.node;
            uint256 depth = Tree.depthOf(environment.nodes);
            uint256 path = cursor.take(32 * depth);
            uint256 code;
            uint256 place;
            bytes32 leaf;
            assembly ("memory-safe") {
                code := mload(0x40)
                place := data.offset
                // A word more: the last instruction is read as a whole word.
                mstore(0x40, and(add(add(code, data.length), 0x3f), not(0x1f)))
                calldatacopy(code, data.offset, data.length)
                mstore8(0, 0)
                mstore(1, keccak256(code, data.length))
                leaf := keccak256(0, 33)
            }
            bytes32 root = Tree.climb(leaf, node, path, depth);
            // INVARIANT: the code is the program's at this position.
            if (root != ProgramHeader.root(header, list)) revert StepEvaluator_Record(root);

            uint256 callNumber = step.call;
            NodeRecord.read(environment.record, place, data.length, step.claim.symbols, callNumber, node);
            environment.code = code;
        }
    }

    /// @dev Runs the sections that the part asks for, one after the other. There is one place that runs one, so that the
    /// compiler keeps one copy of the scalar machine.
    function _compute(Environment memory environment, Step calldata step) private view returns (bytes32) {
        unchecked {
            TensorShape shape = environment.record.shape;
            ScalarMachine.Context memory context = _context(environment, step);
            uint256[] memory accumulators = new uint256[](NodeRecord.accumulators(shape));
            bool reduces = shape.isReduction();
            uint256 r = step.part == Part.Steps ? step.lo : 0;
            uint256 end =
                step.part == Part.Steps
                    ? step.hi
                    : step.part == Part.Value
                        ? shape.extent()
                        : 0;
            uint256 section = INIT;
            if (step.part == Part.Final || r > 0) {
                section = STEP;
                _unpack(shape, step.from, accumulators);
                context.accumulators = accumulators;
            }
            for (;;) {
                if (section == STEP && r == end) {
                    if (step.part == Part.Steps) return _pack(shape, accumulators);
                    section = FINAL;
                    r = 0;
                }
                context.step = r;
                _run(context, environment, section);
                if (section == FINAL || !reduces) break;
                _keep(context, environment, section, accumulators);
                context.accumulators = accumulators;
                if (section == INIT) section = STEP;
                else ++r;
            }
            uint256 word = _result(context, environment, section, 0);
            return Element.pack(Element.store(shape.dtype(), word));
        }
    }

    /// @dev What the scalar code sees.
    function _context(
        Environment memory environment,
        Step calldata step
    ) private pure returns (ScalarMachine.Context memory context) {
        unchecked {
            NodeRecord.Node memory record = environment.record;
            uint256[] memory dimensions = record.dimensions;
            uint256[] memory coordinates = new uint256[](dimensions.length);
            uint256 rest = step.element;
            for (uint256 i = dimensions.length; i > 0;) {
                --i;
                coordinates[i] = rest % dimensions[i];
                rest /= dimensions[i];
            }
            if (dimensions.length > 0) environment.row = coordinates[0];

            context.coordinates = coordinates;
            context.extents = dimensions;
            context.linear = step.element;
            context.symbols = step.claim.symbols;
            context.call = step.call;
            context.calls = step.claim.calls;
            context.seed = step.claim.seed;
            context.load = _load;
            uint256 box;
            assembly ("memory-safe") {
                // An Environment[] of length 1.
                box := mload(0x40)
                mstore(0x40, add(box, 0x40))
                mstore(box, 1)
                mstore(add(box, 0x20), environment)
            }
            context.environment = box;
            ScalarMachine.prepare(context, environment.code + record.constants, record.constantCount);
        }
    }

    /// @dev Runs section `i` of the record.
    function _run(ScalarMachine.Context memory context, Environment memory environment, uint256 i) private view {
        unchecked {
            uint256 place = environment.code + environment.record.codes[i];
            ScalarMachine.run(context, place + 1, _byte(place));
        }
    }

    /// @dev Result `k` of section `i` after a run.
    function _result(
        ScalarMachine.Context memory context,
        Environment memory environment,
        uint256 i,
        uint256 k
    ) private pure returns (uint256) {
        unchecked {
            return ScalarMachine.resultOf(context, _byte(environment.code + environment.record.results[i] + k));
        }
    }

    /// @dev The accumulators after section `i`, in the form in which they are loaded.
    function _keep(
        ScalarMachine.Context memory context,
        Environment memory environment,
        uint256 i,
        uint256[] memory accumulators
    ) private pure {
        unchecked {
            TensorShape shape = environment.record.shape;
            for (uint256 k = 0; k < accumulators.length; ++k) {
                uint256 dtype = shape.accumulator(k);
                accumulators[k] = Element.keep(dtype, _result(context, environment, i, k));
            }
        }
    }

    /// @dev A snapshot of accumulators.
    function _pack(TensorShape shape, uint256[] memory accumulators) private pure returns (bytes32 snapshot) {
        unchecked {
            uint256 offset = 0;
            for (uint256 k = 0; k < accumulators.length; ++k) {
                uint256 dtype = shape.accumulator(k);
                snapshot |= Element.pack(Element.store(dtype, accumulators[k])) >> (8 * offset);
                offset += DType.bytesOf(dtype);
            }
        }
    }

    /// @dev The accumulators of a snapshot.
    function _unpack(TensorShape shape, bytes32 snapshot, uint256[] memory accumulators) private pure {
        unchecked {
            uint256 offset = 0;
            for (uint256 k = 0; k < accumulators.length; ++k) {
                uint256 dtype = shape.accumulator(k);
                accumulators[k] = Element.load(dtype, Element.unpack(snapshot, offset, dtype));
                offset += DType.bytesOf(dtype);
            }
        }
    }

    /// @dev The scalar machine's load: docs/program.md, "Loads", in the order of "Step witness".
    function _load(
        ScalarMachine.Context memory context,
        uint256 operand,
        uint256 element,
        uint256 call
    ) private pure returns (uint256) {
        unchecked {
            // An empty array takes no memory; a struct would be made anew for every load.
            Environment[] memory box;
            uint256 place = context.environment;
            assembly ("memory-safe") {
                box := place
            }
            Environment memory environment = box[0];
            uint256[] memory operands = environment.record.operands;
            // INVARIANT: nothing is read for an element that cannot exist. A negative word is above every bound.
            if (operand >= operands.length || element >= TensorShapes.MAX_COUNT) return 0;
            uint256 packed = operands[operand];
            uint256 kind = packed >> 64;
            uint256 index = (packed >> 32) & LOW32;

            Witness.Tensor tensor;
            if (kind == NodeRecord.INPUT) {
                if (index >= environment.inputs) return 0;
                tensor = environment.cursor.input(index, environment.inputs, environment.inputsRoot);
            } else if (kind == NodeRecord.PARAMETER) {
                if (index >= environment.parameters) return 0;
                tensor = environment.cursor.parameter(index);
            } else if (kind == NodeRecord.HISTORY) {
                // INVARIANT: only calls already made are read.
                if (call >= environment.call) return 0;
                if (call > 0) index = packed & LOW32;
                if (index >= (call == 0 ? environment.prompt : environment.decode)) return 0;
                tensor = environment.cursor.traced(call, call == 0 ? index : index + 1, _positions(environment, call));
            } else {
                return _loadOwn(environment, kind, index, element);
            }
            return tensor.has(element) ? _element(environment, tensor, element) : 0;
        }
    }

    /// @dev A load from a node of the step's own call.
    function _loadOwn(
        Environment memory environment,
        uint256 kind,
        uint256 node,
        uint256 element
    ) private pure returns (uint256) {
        unchecked {
            TensorShape shape = environment.record.shape;
            if (node >= environment.nodes) return 0;
            // INVARIANT: no tensor is shown that stands later in the trace than the element.
            if (kind == NodeRecord.NODE ? node >= shape.groupStart() : !_isOfGroup(shape, node)) return 0;
            Witness.Tensor tensor = environment.cursor.traced(
                environment.call,
                environment.first + node,
                environment.first + environment.nodes
            );
            if (!tensor.has(element)) return 0;

            // INVARIANT: only what comes before the element in the order of evaluation is read.
            uint256 description = tensor.description();
            uint256 groupEnd = TensorDescription.groupEnd(description);
            if (kind == NodeRecord.NODE) {
                if (groupEnd > shape.groupStart()) return 0;
            } else {
                if (TensorDescription.groupStart(description) != shape.groupStart()) return 0;
                if (groupEnd != shape.groupEnd() || TensorDescription.rows(description) != shape.rows()) return 0;
                uint256 width = TensorDescription.count(description) / shape.rows();
                if (width == 0) return 0;
                uint256 row = element / width;
                if (row > environment.row || (row == environment.row && node >= environment.node)) return 0;
            }
            return _element(environment, tensor, element);
        }
    }

    function _isOfGroup(TensorShape shape, uint256 node) private pure returns (bool) {
        return node >= shape.groupStart() && node < shape.groupEnd();
    }

    /// @dev An element that the tensor has, as a word.
    function _element(
        Environment memory environment,
        Witness.Tensor tensor,
        uint256 element
    ) private pure returns (uint256) {
        unchecked {
            uint256 dtype = TensorDescription.dtype(tensor.description());
            uint256 places = TensorDescription.leafElementsLog2(dtype);
            (bool isTraced, uint256 call, uint256 position) = tensor.origin();
            uint256 place;
            if (isTraced && TensorDescription.isGrouped(tensor.description())) {
                (place, element) = _leafOfCell(environment, tensor.description(), call, position, element);
                if (place == 0) return 0;
            } else {
                place = environment.cursor.leaf(tensor, element >> places);
            }
            return Element.load(dtype, Element.bitsAt(place, dtype, element & ((1 << places) - 1)));
        }
    }

    /// @dev The leaf of a grouped tensor that holds an element, from the place of its group's last node.
    /// @return place 0 where that node is not of the group: the tensor is an orphan.
    /// @return column The element's place in its row.
    function _leafOfCell(
        Environment memory environment,
        uint256 description,
        uint256 call,
        uint256 position,
        uint256 element
    ) private pure returns (uint256 place, uint256 column) {
        unchecked {
            uint256 positions = _positions(environment, call);
            uint256 first =
                call == environment.call
                    ? environment.first
                    : call == 0
                        ? 0
                        : 1;
            uint256 last = first + TensorDescription.groupEnd(description) - 1;
            if (last >= positions) return (0, 0);
            Witness.Tensor group = environment.cursor.traced(call, last, positions);
            uint256 theirs = group.description();
            if (!group.isReadable() || !TensorDescription.canHaveCells(theirs)) return (0, 0);
            uint256 width = TensorDescription.width(description);
            if (!TensorDescription.isOneGroup(description, theirs) || width == 0) return (0, 0);

            uint256 leaves = TensorDescription.leafCount(TensorDescription.dtype(description), width);
            uint256 cell = element / width;
            column = element % width;
            cell =
                (cell << Tree.depthOf(TensorDescription.members(description))) |
                (position - first - TensorDescription.groupStart(description));
            uint256 leaf = column >> TensorDescription.leafElementsLog2(TensorDescription.dtype(description));
            place = environment.cursor.leafOfCell(group, cell, Tree.depthOf(leaves), leaf);
        }
    }

    function _wrap(TensorShape shape) private pure returns (bytes32) {
        return bytes32(TensorShape.unwrap(shape));
    }

    function _byte(uint256 place) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, mload(place))
        }
    }
}
