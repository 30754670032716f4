// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Finality} from "./IInferenceConsumer.sol";

/// @title Details
/// @notice The small numbers of an order in one word, because an order travels in calldata three times.
///
///      255     192 191    138  137     136      135     112 111     88 87      64 63      32 31     0
///     ┌───────────┬──────────┬───────┬──────────┬───────────┬──────────┬──────────┬──────────┬────────┐
///     │ salt      │ 0        │private│ finality │ answer s  │ accept s │ window s │ callback │ calls  │
///     │           │          │       │          │           │          │          │ gas      │        │
///     └───────────┴──────────┴───────┴──────────┴───────────┴──────────┴──────────┴──────────┴────────┘
type Details is uint256;

using DetailsLib for Details global;

library DetailsLib {
    uint256 private constant CALLBACK_GAS_SHIFT = 32;
    uint256 private constant WINDOW_SHIFT = 64;
    uint256 private constant ACCEPT_SHIFT = 88;
    uint256 private constant ANSWER_SHIFT = 112;
    uint256 private constant FINALITY_SHIFT = 136;
    uint256 private constant PRIVATE_BIT = 1 << 137;
    uint256 private constant SALT_SHIFT = 192;

    function pack(
        uint32 calls_,
        uint32 callbackGas_,
        uint24 windowSeconds_,
        uint24 acceptSeconds_,
        uint24 answerSeconds_,
        Finality finality_,
        bool privateInput_,
        uint64 salt_
    ) internal pure returns (Details) {
        return
            Details.wrap(
                uint256(calls_) |
                    (uint256(callbackGas_) << CALLBACK_GAS_SHIFT) |
                    (uint256(windowSeconds_) << WINDOW_SHIFT) |
                    (uint256(acceptSeconds_) << ACCEPT_SHIFT) |
                    (uint256(answerSeconds_) << ANSWER_SHIFT) |
                    (uint256(finality_) << FINALITY_SHIFT) |
                    (privateInput_ ? PRIVATE_BIT : 0) |
                    (uint256(salt_) << SALT_SHIFT)
            );
    }

    function calls(Details details) internal pure returns (uint32) {
        return uint32(Details.unwrap(details));
    }

    function callbackGas(Details details) internal pure returns (uint32) {
        return uint32(Details.unwrap(details) >> CALLBACK_GAS_SHIFT);
    }

    function windowSeconds(Details details) internal pure returns (uint24) {
        return uint24(Details.unwrap(details) >> WINDOW_SHIFT);
    }

    function acceptSeconds(Details details) internal pure returns (uint24) {
        return uint24(Details.unwrap(details) >> ACCEPT_SHIFT);
    }

    function answerSeconds(Details details) internal pure returns (uint24) {
        return uint24(Details.unwrap(details) >> ANSWER_SHIFT);
    }

    function finality(Details details) internal pure returns (Finality) {
        return Finality((Details.unwrap(details) >> FINALITY_SHIFT) & 1);
    }

    function privateInput(Details details) internal pure returns (bool) {
        return Details.unwrap(details) & PRIVATE_BIT != 0;
    }
}
