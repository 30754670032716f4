// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {InlineTensor} from "../libraries/InlineTensor.sol";
import {ModelBounds} from "../libraries/ModelBounds.sol";
import {ProgramHeader} from "../vm/ProgramHeader.sol";

/// @notice The market's libraries, callable.
contract MarketLibrariesHarness {
    function checkHeader(bytes calldata header) external pure {
        ProgramHeader.check(header);
    }

    function inputsRoot(bytes calldata bounds, uint256 symbols, bytes calldata data) external pure returns (bytes32) {
        return ModelBounds.inputsRoot(bounds, 0, symbols, data);
    }

    function treeRoot(bytes calldata data) external pure returns (bytes32) {
        return InlineTensor.treeRoot(data);
    }

    function rootOf(bytes calldata descriptions, bytes calldata data) external pure returns (bytes32) {
        return InlineTensor.rootOf(descriptions, data);
    }
}
