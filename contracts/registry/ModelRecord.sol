// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ModelRecord
/// @notice What the market needs of a model, as bytes, because a request reads all of it at once:
///
///      0              32            64        67         70            73       77          81
///     ┌──────────────┬─────────────┬─────────┬──────────┬─────────────┬────────┬───────────┬────────────────────┐
///     │ program root │ params root │ window  │provider's│challenger's │ least  │ greatest  │ bounds: the header │
///     │              │             │ seconds │budget    │budget       │ calls  │ calls     │ from symbols on    │
///     └──────────────┴─────────────┴─────────┴──────────┴─────────────┴────────┴───────────┴────────────────────┘
library ModelRecord {
    /// @dev Where the symbol bounds and input declarations begin.
    uint256 internal constant BOUNDS = 81;

    function programRoot(bytes memory record) internal pure returns (bytes32) {
        return bytes32(_word(record, 0));
    }

    function paramsRoot(bytes memory record) internal pure returns (bytes32) {
        return bytes32(_word(record, 32));
    }

    function windowSeconds(bytes memory record) internal pure returns (uint24) {
        return uint24(_word(record, 64) >> 232);
    }

    function providerBudgetSeconds(bytes memory record) internal pure returns (uint24) {
        return uint24(_word(record, 64) >> 208);
    }

    function challengerBudgetSeconds(bytes memory record) internal pure returns (uint24) {
        return uint24(_word(record, 64) >> 184);
    }

    function leastCalls(bytes memory record) internal pure returns (uint32) {
        return uint32(_word(record, 64) >> 152);
    }

    function greatestCalls(bytes memory record) internal pure returns (uint32) {
        return uint32(_word(record, 64) >> 120);
    }

    function _word(bytes memory record, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(record, 32), offset))
        }
    }
}
