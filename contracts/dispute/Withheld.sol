// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim} from "../types/Claim.sol";
import {DType} from "../vm/DType.sol";
import {ProgramHeader} from "../vm/ProgramHeader.sol";
import {TensorDescription} from "../vm/TensorDescription.sol";
import {TensorShapes} from "../vm/TensorShape.sol";
import {Tree} from "../vm/Tree.sol";
import {Descent} from "./Descent.sol";
import {List, Position} from "./Position.sol";
import {ListsLib} from "./Lists.sol";

/// What a challenger may demand.
enum Kind {
    /// The record of a tensor: call and position.
    Record,
    /// A leaf of an input: its number and the leaf's index.
    Input,
    /// A leaf of a parameter: its number and the leaf's index.
    Parameter
}

/// @title Demand
/// @notice A piece of data that a step may need and a challenger does not have.
///
///      103    96 95                        0
///     ┌─────────┬───────────────────────────┐
///     │ kind    │ Position                  │
///     └─────────┴───────────────────────────┘
///
/// Number of an input or a parameter stands where the position's node does, the leaf's index where its block does.
type Demand is uint128;

/// What answers a demand for a leaf.
/// @param description The tensor's description, as its number.
/// @param root Root of the tensor's tree.
/// @param leaf The 128 bytes; empty if the tensor has no such leaf.
/// @param path Siblings from the leaf up to the root.
/// @param rest An input: all input commitments. A parameter: siblings from its commitment up to the params root.
struct Leaf {
    uint256 description;
    bytes32 root;
    bytes leaf;
    bytes32[] path;
    bytes32[] rest;
}

using Withheld for Demand global;

/// @title Withheld
/// @notice Demands and their answers. For every demand there is exactly one kind of answer, and whoever holds the data can
/// give it: what does not exist is answered by showing so.
library Withheld {
    /// @notice The data does not lead to the root it should.
    error Withheld_Hash(bytes32 expected, bytes32 given);
    /// @notice Too few or too many siblings, commitments or bytes.
    error Withheld_Length(uint256 expected, uint256 given);

    function kind(Demand demand) internal pure returns (Kind) {
        return Kind(Demand.unwrap(demand) >> 96);
    }

    function position(Demand demand) internal pure returns (Position) {
        return Position.wrap(uint96(Demand.unwrap(demand)));
    }

    /// @notice Whether the tensor that is asked for exists.
    /// @param header The claim's header.
    function exists(Demand demand, Claim calldata claim, bytes calldata header) internal pure returns (bool) {
        Position place = demand.position();
        if (demand.kind() == Kind.Input) return place.node() < ProgramHeader.inputs(header);
        if (demand.kind() == Kind.Parameter) return place.node() < ProgramHeader.parameters(header);
        uint256 call = place.call();
        return call < claim.calls && place.node() < ListsLib.size(header, claim.calls, List.Nodes, call);
    }

    /// @notice Checks the answer to a demand for a leaf of a tensor that exists.
    function check(Demand demand, Claim calldata claim, bytes calldata header, Leaf calldata answer) internal pure {
        Position place = demand.position();
        bytes32 commitment = TensorDescription.commitment(answer.description, answer.root);
        if (demand.kind() == Kind.Input) {
            _length(ProgramHeader.inputs(header), answer.rest.length);
            _same(claim.inputsRoot, keccak256(abi.encodePacked(answer.rest)));
            _same(answer.rest[place.node()], commitment);
        } else {
            _length(Tree.depthOf(ProgramHeader.parameters(header)), answer.rest.length);
            _same(claim.paramsRoot, Descent.climb(commitment, place.node(), answer.rest));
        }
        _checkLeaf(place.blockOf(), answer);
    }

    function _checkLeaf(uint256 index, Leaf calldata answer) private pure {
        uint256 dtype = TensorDescription.dtype(answer.description);
        uint256 count = TensorDescription.count(answer.description);
        // A tensor of no known type, or with too many elements, is never read from.
        if (DType.bitsOf(dtype) == 0 || count > TensorShapes.MAX_COUNT) return;
        uint256 leaves = TensorDescription.leafCount(dtype, count);
        if (index >= leaves) return;
        _length(128, answer.leaf.length);
        _length(Tree.depthOf(leaves), answer.path.length);
        _same(answer.root, Descent.climb(keccak256(answer.leaf), index, answer.path));
    }

    function _same(bytes32 expected, bytes32 given) private pure {
        if (expected != given) revert Withheld_Hash(expected, given);
    }

    function _length(uint256 expected, uint256 given) private pure {
        if (expected != given) revert Withheld_Length(expected, given);
    }
}
